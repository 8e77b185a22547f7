import type { Command } from 'commander';
import { extraRequests, futureInstant } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

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
