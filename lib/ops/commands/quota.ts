import type { Command } from 'commander';
import { extraRequests, formatAmount, futureInstant } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface ListOptions {
  readonly client?: string;
}

interface GrantOptions {
  readonly requests: number;
  readonly until: string;
}

/** `quota`: additional requests for single clients. */
export function addQuota(program: Command, ports: OpsPorts): void {
  const quota = program.command('quota').description('Additional requests for single clients.');
  changeCommand<GrantOptions>(
    quota
      .command('grant')
      .argument('<client>', 'client id, also of an application whose users have tokens')
      .description('add requests to every month until a date')
      .requiredOption('--requests <amount>', 'such as +5000', extraRequests)
      .requiredOption('--until <date>', 'when the grant ends', futureInstant(ports.now)),
    ports,
    grant,
  );
  readCommand<ListOptions>(
    quota
      .command('list')
      .description('list the additional requests that apply')
      .option('--client <id>', 'only those of one client'),
    ports,
    list,
  );
  changeCommand(
    quota
      .command('end')
      .argument('<client>', 'as shown by quota list')
      .description('end all additional requests of a client'),
    ports,
    end,
  );
}

async function list({ gateway, ports, options }: Session<ListOptions>): Promise<Report> {
  const now = ports.now();
  const { policy } = await gateway.policies.current();
  const grants = policy.grants
    .filter(({ until, clientId }) => Date.parse(until) > now && clientId === (options.client ?? clientId))
    .sort((one, other) => Date.parse(one.until) - Date.parse(other.until));
  return {
    json: { environment: gateway.environment, grants },
    text:
      grants.length === 0
        ? 'No client has additional requests.'
        : textTable(
            ['CLIENT', 'REQUESTS/MONTH', 'UNTIL', 'REASON'],
            grants.map(({ clientId, requests, until, reason }) => [
              clientId,
              `+${formatAmount(requests)}`,
              until,
              reason,
            ]),
          ),
  };
}

async function end(session: Session<ChangeOptions>, clientId = ''): Promise<Report> {
  return await changePolicy(session, (policy) => {
    const now = session.ports.now();
    const current = policy.grants.filter(({ until }) => Date.parse(until) > now);
    if (!current.some((one) => one.clientId === clientId)) {
      throw new OpsError(
        `${session.gateway.environment} grants "${clientId}" no additional requests.`,
        'Run npm run ops -- quota list to see the grants.',
      );
    }
    return { ...policy, grants: current.filter((one) => one.clientId !== clientId) };
  });
}

async function grant(session: Session<GrantOptions & ChangeOptions>, clientId = ''): Promise<Report> {
  const { ports, options } = session;
  const { requests, until, reason } = options;
  const now = ports.now();
  if (Date.parse(until) <= now) {
    throw usageError(`--until ${until} is in the past.`, 'Give a future date.');
  }
  return await changePolicy(session, (policy) => {
    const current = policy.grants.filter((grant) => Date.parse(grant.until) > now);
    return { ...policy, grants: [...current, { clientId, requests, until, reason }] };
  });
}
