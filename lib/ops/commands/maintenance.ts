import type { Command } from 'commander';
import { secondsFromNow } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

interface OnOptions {
  readonly retryAfter: number;
}

/** `maintenance`: takes the whole shop out of service, except its health path. */
export function addMaintenance(program: Command, ports: OpsPorts): void {
  const maintenance = program
    .command('maintenance')
    .description(
      'Answer 503 everywhere except the health path, by the authorizer. "edge kill /" takes effect sooner.',
    );
  changeCommand<OnOptions>(
    maintenance
      .command('start')
      .description('take the shop out of service')
      .requiredOption('--retry-after <time>', 'value of Retry-After, such as 10m', secondsFromNow(ports.now)),
    ports,
    begin,
  );
  changeCommand(maintenance.command('end').description('put the shop back into service'), ports, end);
}

/** Deployed at once, because the alarms of a staged rollout would treat the 503s as a fault. */
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
