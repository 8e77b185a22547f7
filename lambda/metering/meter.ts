import type { DynamoTable } from '../../runtime/aws/dynamodb-item.ts';
import { mapConcurrently } from '../../runtime/concurrency/in-parallel.ts';
import type { RetryOptions } from '../../runtime/concurrency/retry-on-conflict.ts';
import type { LimitStore } from '../../runtime/limit-store/limit-store.ts';
import type { AccessRecord } from './access-record.ts';
import { refusalsKey } from './contract.ts';
import { type Counts, sum, zeroCounts } from './counts.ts';
import type { Ledger } from './ledger.ts';
import type { QuotaAlerts } from './quota-alerts.ts';
import { mergeCounts } from './usage-totals.ts';

export interface MeterPorts extends RetryOptions {
  readonly ledger: Ledger;
  /** The table of the ledger, in which a day sums its windows. */
  readonly ledgerTable: DynamoTable;
  readonly usageTable: DynamoTable;
  readonly limitStore: LimitStore;
  readonly alerts: QuotaAlerts;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Metered {
  /** The records that were counted now and not before. */
  readonly counts: Counts;
  /** Records that had been counted before, or are too old to be deduplicated. */
  readonly duplicates: number;
  readonly tooOld: number;
  readonly alerts: number;
  readonly chargeFailures: number;
}

const daySeconds = 86_400;
const windowSeconds = 600;
/** Longer than a queue keeps a message (14 days), and than a failed invocation is retried. */
const rememberedSeconds = 35 * daySeconds;
/** A record older than this may belong to an expired window, and is not counted. */
const acceptedAgeSeconds = 30 * daySeconds;
/** Usage expires a year after its month. */
const usageKeptSeconds = 365 * daySeconds;
const callersAtOnce = 16;

/**
 * Counts records into the usage of their callers' months, each once however often it is delivered, in
 * whatever batches.
 * Windows of ten minutes are ledgers of records by id. A day sums its windows, a month its days, and the
 * limit store is charged with the month's usage: each level holds the count of each of its parts, and only
 * ever raises it. So every step may be repeated, and the next invocation with the same records completes one
 * that was interrupted anywhere.
 *
 * @throws the error of a table or the topic, once all callers have been tried; the caller retries.
 */
export function createMeter(ports: MeterPorts) {
  return async (records: readonly AccessRecord[]): Promise<Metered> => {
    const oldest = ports.now() - acceptedAgeSeconds * 1_000;
    const taken = records.filter(({ timeMs }) => timeMs >= oldest);
    const [refused, allowed] = [taken.filter((one) => one.isRefused), taken.filter((one) => !one.isRefused)];
    const byMonth = ({ caller, month }: AccessRecord) => `${caller} ${month}`;
    await mapConcurrently([...grouped(refused, byMonth).values()], callersAtOnce, (month) =>
      countMonth(month, ports, refusalsKey),
    );
    const months = [...grouped(allowed, byMonth).values()];
    const metered = await mapConcurrently(months, callersAtOnce, (month) => meterMonth(month, ports));
    const counts = metered.map((month) => month.entered).reduce(sum, zeroCounts);
    return {
      counts,
      duplicates: allowed.length - counts.requests,
      tooOld: records.length - taken.length,
      alerts: metered.reduce((total, { alerts }) => total + alerts, 0),
      chargeFailures: metered.filter(({ charged }) => !charged).length,
    };
  };
}

/** Counts the records of one caller and month into an item of the usage table. */
async function countMonth(
  records: readonly AccessRecord[],
  ports: MeterPorts,
  nameOf: (caller: string) => string,
) {
  const latest = records.reduce((a, b) => (b.timeMs > a.timeMs ? b : a));
  const { month, monthEndSeconds } = latest;
  const caller = nameOf(latest.caller);
  let entered = zeroCounts;
  const days = new Map<string, Counts>();
  for (const [day, ofDay] of grouped(records, ({ timeMs }) => isoDay(timeMs))) {
    const windows = new Map<string, Counts>();
    for (const [window, ofWindow] of grouped(ofDay, ({ timeMs }) => windowOf(timeMs))) {
      const name = `${caller} ${month} ${day} ${window}`;
      const ledger = await ports.ledger.enter(name, ofWindow, endOf(day) + rememberedSeconds);
      windows.set(`w${window}`, ledger.counts);
      entered = sum(entered, ledger.entered);
    }
    const key = { id: { S: `${caller} ${month} ${day}` }, page: { N: '0' } };
    const extra = { expiresAt: { N: `${endOf(day) + rememberedSeconds}` } };
    const { counts } = await mergeCounts({ table: ports.ledgerTable, key, extra }, windows, ports);
    days.set(`d${day}`, counts);
  }
  const key = { clientId: { S: caller }, month: { S: month } };
  const extra = { ...describeCaller(latest), expiresAt: { N: `${monthEndSeconds + usageKeptSeconds}` } };
  const { counts, item } = await mergeCounts({ table: ports.usageTable, key, extra }, days, ports);
  return { latest, entered, counts, usage: { key, item } };
}

/** For reports: who it is, and what it may use. */
function describeCaller({ clientId, userId, plan, allowed }: AccessRecord) {
  return {
    application: { S: clientId },
    userId: { S: userId },
    plan: { S: plan },
    allowedRequests: { S: `${allowed.requests ?? 'unlimited'}` },
    allowedBytes: { S: `${allowed.bytes ?? 'unlimited'}` },
  };
}

async function meterMonth(records: readonly AccessRecord[], ports: MeterPorts) {
  const { latest, entered, counts, usage } = await countMonth(records, ports, (caller) => caller);
  const { caller, monthEndSeconds, monthStartDay } = latest;
  const checks = (['requests', 'bytes'] as const).map((name) => {
    const charge = { kind: 'charge', name, startDay: monthStartDay, monthEndSeconds } as const;
    return { ...charge, amount: counts[name] };
  });
  // In parallel, so that callers are refused in time while the topic is unavailable.
  const answer = await ports.limitStore.take({ caller, checks });
  const alerts = await ports.alerts.publishDue(latest, counts, usage);
  return { entered, alerts, charged: answer.kind === 'answered' };
}

/** `0940` and the nine minutes after it, in UTC. */
function windowOf(timeMs: number): string {
  const begin = new Date(Math.floor(timeMs / 1_000 / windowSeconds) * windowSeconds * 1_000);
  return begin.toISOString().slice(11, 16).replace(':', '');
}

function isoDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function endOf(day: string): number {
  return Date.parse(day) / 1_000 + daySeconds;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
