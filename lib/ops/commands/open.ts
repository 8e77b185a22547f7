import type { Command } from 'commander';
import type { AlarmState } from '../access/alarm-reader.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type OpsPorts, readCommand, type Session } from './session.ts';

/** `open`: the state of an alarm, and the links to its metric and its runbook. */
export function addOpen(program: Command, ports: OpsPorts): void {
  readCommand(
    program
      .command('open')
      .argument('<alarm>', 'name of an alarm, such as LimitStoreUnavailable, or the beginning of its name')
      .description('state, reason, console link and runbook link of an alarm'),
    ports,
    open,
  );
}

async function open({ gateway }: Session, given = ''): Promise<Report> {
  const prefix = `gatehouse-${gateway.environment}-`;
  const name = given.startsWith(prefix) ? given : `${prefix}${given}`;
  if (gateway.alarms === undefined) {
    throw new OpsError('The local run has no alarms.', 'Give an environment in AWS with --env.');
  }
  const alarms = (await gateway.alarms.find(name)).map(withLinks);
  if (alarms.length === 0) {
    throw new OpsError(
      `${gateway.environment} has no alarm whose name begins with ${name}.`,
      'See the names in docs/runbooks: each page has the name of its alarm.',
    );
  }
  return { json: { environment: gateway.environment, alarms }, text: alarms.map(alarmText).join('\n\n') };
}

interface LinkedAlarm extends AlarmState {
  readonly console: string | null;
  readonly runbook: string | null;
}

/** The links are lines of the alarm's description. */
function withLinks(alarm: AlarmState): LinkedAlarm {
  const link = (label: string) =>
    new RegExp(`^${label}: (https://\\S+)$`, 'm').exec(alarm.description)?.[1] ?? null;
  return { ...alarm, console: link('Metric'), runbook: link('Runbook') };
}

function alarmText({ name, region, state, since, reason, console, runbook }: LinkedAlarm): string {
  return [
    `Alarm    ${name} (${region})`,
    `State    ${state}${since === null ? '' : ` since ${since}`}`,
    `Reason   ${reason}`,
    `Console  ${console ?? 'no link in the description'}`,
    `Runbook  ${runbook ?? 'no link in the description'}`,
  ].join('\n');
}
