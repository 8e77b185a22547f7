import { type Command, InvalidArgumentError } from 'commander';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import { changePolicy } from './change-policy.ts';
import { describeChanges } from './document-difference.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface HistoryOptions {
  readonly limit: number;
}

interface RollbackOptions {
  readonly to?: number;
}

/** `policy`: the runtime policy as a whole. */
export function addPolicy(program: Command, ports: OpsPorts): void {
  const policy = program.command('policy').description('The runtime policy: history and rollback.');
  readCommand(policy.command('show').description('show the stored document'), ports, show);
  readCommand<HistoryOptions>(
    policy
      .command('history')
      .description('list revisions with time, operator, reason and changes, the latest first')
      .option('--limit <count>', 'number of revisions', revisionNumber, 20),
    ports,
    history,
  );
  changeCommand<RollbackOptions>(
    policy
      .command('rollback')
      .description(
        'deploy a copy of a former revision at once; asks when it cuts callers off; usage is not reset',
      )
      .option(
        '--to <revision>',
        'revision that policy history lists (default the previous one)',
        revisionNumber,
      ),
    ports,
    rollback,
  );
}

async function show({ gateway }: Session): Promise<Report> {
  const { policy, revision } = await gateway.policies.current();
  const json = { environment: gateway.environment, revision, policy };
  return { json, text: JSON.stringify(policy, null, 2) };
}

async function history({ gateway, options }: Session<HistoryOptions>): Promise<Report> {
  const [revisions, entries] = await Promise.all([
    gateway.policies.revisions(options.limit),
    gateway.audit.entries('policy', 10 * options.limit),
  ]);
  const rows = revisions.map(({ revision, version }) => {
    // Two concurrent changes record the same revision; only one of them stored it.
    const entry = entries.find((noted) => noted.revision === revision && noted.outcome === 'done');
    const {
      who = '-',
      changedAt = '-',
      reason = 'not by a command',
      changes = [],
      command = '-',
    } = entry ?? {};
    return { revision, version, who, when: changedAt, reason, command, changes };
  });
  return {
    json: { environment: gateway.environment, revisions: rows },
    text:
      rows.length === 0
        ? 'No operator has changed the policy: the catalogue applies unchanged.'
        : textTable(
            ['REVISION', 'VERSION', 'WHEN', 'WHO', 'WHY', 'CHANGES'],
            rows.flatMap((row) => {
              const [first = '-', ...rest] = describeChanges(row.changes);
              return [
                [`${row.revision}`, row.version, row.when, row.who, row.reason, first],
                ...rest.map((change) => ['', '', '', '', '', change]),
              ];
            }),
          ),
  };
}

async function rollback(session: Session<RollbackOptions & ChangeOptions>): Promise<Report> {
  const { gateway, options } = session;
  const { revision } = await gateway.policies.current();
  const to = options.to ?? revision - 1;
  const former = to === 0 ? emptyRuntimePolicy : await gateway.policies.read(to);
  if (former === undefined || to < 0) {
    throw new OpsError(
      `The revision ${to} does not exist.`,
      'Run npm run ops -- policy history to see the revisions, or give 0 for the empty policy.',
    );
  }
  return await changePolicy(session, () => former, 'at-once', to);
}

function revisionNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
