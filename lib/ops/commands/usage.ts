import { type Command, InvalidArgumentError, Option } from 'commander';
import { monthEndSeconds, monthName } from '../../../runtime/limit-store/quota-month.ts';
import type { CallerUsage } from '../access/usage-reader.ts';
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
  readCommand<TopOptions>(
    usage
      .command('top')
      .description('rank registered clients and token users by their usage of the current month')
      .addOption(new Option('--by <what>', 'order').choices(orders).default('requests'))
      .option('--near <percent>', 'only those that have used so much of their month', percent)
      .option('--limit <count>', 'number of callers', rows, 20),
    ports,
    top,
  );
}

const orders = ['requests', 'bytes', 'refusals'] as const;

interface TopOptions {
  readonly by: (typeof orders)[number];
  readonly near?: number;
  readonly limit: number;
}

async function top({ gateway, ports, options }: Session<TopOptions>): Promise<Report> {
  const { by, near = 0, limit } = options;
  const callers = (await gateway.usage.all(ports.now()))
    .map((caller) => ({ ...caller, percentUsed: percentUsed(caller) }))
    .filter(({ percentUsed: used }) => near === 0 || (used !== null && used >= near))
    .sort((a, b) => b[by] - a[by])
    .slice(0, limit);
  const none = near === 0 ? 'No caller is metered this month.' : `No caller has used ${near} % of its month.`;
  return {
    json: { environment: gateway.environment, by, callers },
    text:
      callers.length === 0
        ? none
        : textTable(
            ['APPLICATION', 'USER', 'PLAN', 'REQUESTS', 'BYTES', 'REFUSALS', 'USED', 'MONTH'],
            callers.map((caller) => [
              caller.application,
              caller.userId,
              caller.plan,
              formatAmount(caller.requests),
              formatBytes(caller.bytes),
              formatAmount(caller.refusals),
              caller.percentUsed === null ? '-' : `${Math.floor(caller.percentUsed)} %`,
              caller.month,
            ]),
          ),
  };
}

/** Of the requests or the bytes of the month, whichever is nearer to its end; null if both are unlimited. */
function percentUsed({ requests, bytes, allowedRequests, allowedBytes }: CallerUsage): number | null {
  const parts = [
    [requests, allowedRequests],
    [bytes, allowedBytes],
  ] as const;
  const used = parts.flatMap(([amount, allowed]) =>
    allowed === null || allowed === 0 ? [] : [(100 * amount) / allowed],
  );
  return used.length === 0 ? null : Math.max(...used);
}

function percent(text: string): number {
  const number = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (number < 1 || number > 100) throw new InvalidArgumentError('Give a percentage from 1 to 100.');
  return number;
}

function rows(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
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
