import type { Command } from 'commander';
import { monthEndSeconds, monthName } from '../../../runtime/limit-store/quota-month.ts';
import { formatAmount, formatBytes } from './argument-parsers.ts';
import { registered } from './clients.ts';
import { allowance } from './clients-over-quota.ts';
import { liveUsage } from './live-usage.ts';
import type { Report } from './report.ts';
import { type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

/** `usage`: monthly usage of clients. */
export function addUsage(program: Command, ports: OpsPorts): void {
  const usage = program.command('usage').description('Monthly usage of clients.');
  readCommand(
    usage
      .command('show')
      .argument('<client>')
      .description('show the current month as counted, and the months before'),
    ports,
    show,
  );
}

async function show({ gateway, ports }: Session, clientId = ''): Promise<Report> {
  const client = await registered(gateway, clientId);
  const now = ports.now();
  const [{ policy }, months, live] = await Promise.all([
    gateway.policies.current(),
    gateway.usage.months(client),
    liveUsage(gateway, client),
  ]);
  const { plan, requests: allowed, bytes: allowedBytes } = allowance(gateway, policy, client, now);
  const month = monthName(now / 1_000, client.monthStartDay);
  const metered = months.find((used) => used.month === month);
  const exhaustedOn =
    live === null || allowed === null ? null : projected(live.requests, allowed, client.monthStartDay, now);
  return {
    json: {
      environment: gateway.environment,
      clientId,
      plan,
      allowed,
      allowedBytes,
      month,
      live,
      exhaustedOn,
      months,
    },
    text: [
      `Client      ${clientId} (${plan})`,
      `${month.padEnd(12)}${live === null ? 'not counted: the plan is unlimited' : `${formatAmount(live.requests)} of ${formatAmount(allowed)} requests`}`,
      `Metered     ${formatBytes(metered?.bytes ?? 0)}${allowedBytes === null ? '' : ` of ${formatBytes(allowedBytes)}`}, in and out`,
      `Used up     ${exhaustedOn ?? 'not this month at this pace'}`,
      '',
      months.length === 0
        ? 'No metered month.'
        : textTable(
            ['MONTH', 'REQUESTS', 'BYTES'],
            months.map(({ month, requests, bytes }) => [month, formatAmount(requests), formatBytes(bytes)]),
          ),
    ].join('\n'),
  };
}

/** Date on which the monthly requests are used up at the current rate; null if they are not. */
function projected(used: number, allowed: number, monthStartDay: number, now: number): string | null {
  if (used === 0) return null;
  const begin = Date.parse(firstDay(monthName(now / 1_000, monthStartDay)));
  const end = monthEndSeconds(now / 1_000, monthStartDay) * 1_000;
  const usedUp = begin + ((now - begin) * allowed) / used;
  return usedUp < end ? new Date(usedUp).toISOString().slice(0, 10) : null;
}

function firstDay(month: string): string {
  return month.length === 7 ? `${month}-01` : month;
}
