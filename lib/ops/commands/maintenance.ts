import type { Command } from 'commander';
import { secondsFromNow } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

interface OnOptions {
  readonly retryAfter: number;
}

/** `maintenance`: the whole shop out of service, but for its health. */
export function addMaintenance(program: Command, ports: OpsPorts): void {
  const maintenance = program
    .command('maintenance')
    .description('Everything but health answers 503, by the authorizer; edge kill / does so sooner.');
  changeCommand<OnOptions>(
    maintenance
      .command('start')
      .description('take the shop out of service')
      .requiredOption(
        '--retry-after <time>',
        'when callers may come again, such as 10m',
        secondsFromNow(ports.now),
      ),
    ports,
    begin,
  );
  changeCommand(maintenance.command('end').description('serve again'), ports, end);
}

/** At once, because the alarms of a staged roll-out would take the 503 for a fault. */
async function begin(session: Session<OnOptions & ChangeOptions>): Promise<Report> {
  const { retryAfter, reason } = session.options;
  return await changePolicy(
    session,
    (policy) => ({ ...policy, maintenance: { retryAfterSeconds: retryAfter, reason } }),
    'at-once',
  );
}

async function end(session: Session<ChangeOptions>): Promise<Report> {
  return await changePolicy(session, (policy) => ({ ...policy, maintenance: null }), 'at-once');
}
