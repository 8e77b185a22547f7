import { type Command, InvalidArgumentError } from 'commander';
import { wordList } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface SetOptions {
  readonly percent?: number;
  readonly salt?: string;
  readonly users?: string[];
  readonly header?: string;
  readonly cookie?: string;
}

/** `cohorts`: callers of a service that are routed to its canary. */
export function addCohorts(program: Command, ports: OpsPorts): void {
  const cohorts = program
    .command('cohorts')
    .description('Callers of a service that its canary deployment serves.');
  readCommand(cohorts.command('list').description('list services with a canary cohort'), ports, list);
  changeCommand<SetOptions>(
    cohorts
      .command('set')
      .argument('<service>')
      .description('change the callers in the cohort; a higher percentage only adds callers')
      .option('--percent <number>', 'percentage of all callers', percentage)
      .option('--users <list>', 'users who are always in the cohort', wordList)
      .option('--header <name>', 'header with which callers choose "canary" or "stable"')
      .option('--cookie <name>', 'cookie with which callers choose "canary" or "stable"')
      .option(
        '--salt <text>',
        "salt of the hash that selects callers (default the current one, else the service's name)",
      ),
    ports,
    set,
  );
  changeCommand(
    cohorts.command('remove').argument('<service>').description('route all callers to the stable deployment'),
    ports,
    end,
  );
}

async function list({ gateway }: Session): Promise<Report> {
  const { cohorts } = (await gateway.policies.current()).policy;
  return {
    json: { environment: gateway.environment, cohorts },
    text: textTable(
      ['SERVICE', 'PERCENT', 'USERS', 'HEADER', 'COOKIE', 'SALT'],
      Object.entries(cohorts).map(([service, { percent, users, header, cookie, salt }]) => [
        service,
        `${percent}`,
        `${users.length}`,
        header ?? '-',
        cookie ?? '-',
        salt,
      ]),
    ),
  };
}

async function set(session: Session<SetOptions & ChangeOptions>, service = ''): Promise<Report> {
  const { percent, salt, users, header, cookie } = session.options;
  const given = { percent, salt, users, header, cookie };
  if (Object.values(given).every((value) => value === undefined)) {
    throw usageError(
      'No setting is given.',
      'Give at least one of --percent, --users, --header, --cookie and --salt.',
    );
  }
  const { canaryServices, environment } = session.gateway;
  if (!canaryServices.includes(service)) {
    throw new OpsError(
      `The service "${service}" has no canary in ${environment}, so it has no cohort.`,
      canaryServices.length === 0
        ? 'Add canary to a service of the catalogue, and deploy it.'
        : `Use one of: ${canaryServices.join(', ')}.`,
    );
  }
  return await changePolicy(
    session,
    (policy) => {
      const before = policy.cohorts[service] ?? { percent: 0, salt: service, users: [] };
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      return { ...policy, cohorts: { ...policy.cohorts, [service]: { ...before, ...set } } };
    },
    'at-once',
  );
}

async function end(session: Session<ChangeOptions>, service = ''): Promise<Report> {
  return await changePolicy(
    session,
    (policy) => {
      const { [service]: ended, ...others } = policy.cohorts;
      if (ended === undefined) {
        throw new OpsError(
          `The service "${service}" has no canary cohort.`,
          'Run npm run ops -- cohorts list to see the services that have one.',
        );
      }
      return { ...policy, cohorts: others };
    },
    'at-once',
  );
}

/** Parses `2.5` or `2.5%`. */
function percentage(text: string): number {
  const number = /^\d{1,3}(\.\d{1,3})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (!(number <= 100)) throw new InvalidArgumentError('Give a percentage from 0 to 100.');
  return number;
}
