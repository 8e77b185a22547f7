import { refusalsKey } from '../../../lambda/metering/contract.ts';
import { monthName } from '../../../runtime/limit-store/quota-month.ts';
import { clientCallerKey } from '../../../runtime/tokens/identity.ts';
import type { RegisteredClient } from './client-registry.ts';
import type { Item, Table } from './dynamodb.ts';

export interface MonthUsage {
  /** `2026-11`, or `2026-11-15` for a month that begins on the 15th; UTC. */
  readonly month: string;
  readonly requests: number;
  readonly bytes: number;
}

/** Usage of one caller in its current month: a registered client, or a user with tokens of an application. */
export interface CallerUsage extends MonthUsage {
  readonly application: string;
  readonly userId: string;
  readonly plan: string;
  readonly refusals: number;
  /** Null is unlimited, or unknown. */
  readonly allowedRequests: number | null;
  readonly allowedBytes: number | null;
}

/**
 * Usage of clients from the durable table that metering fills. Its client ids are the caller keys of the limit store.
 */
export interface UsageReader {
  /** The latest month first. */
  months(client: Pick<RegisteredClient, 'clientId'>): Promise<readonly MonthUsage[]>;
  /** All callers with a metered request or refusal in their current month. @param now Milliseconds since the epoch. */
  all(now: number): Promise<readonly CallerUsage[]>;
  /** Usage of the current month; zero without metered requests. @param now Milliseconds since the epoch. */
  current(client: Pick<RegisteredClient, 'clientId' | 'monthStartDay'>, now: number): Promise<MonthUsage>;
}

export function createUsageReader(table: Table): UsageReader {
  return {
    async months({ clientId }) {
      const items = await table.query({
        KeyConditionExpression: 'clientId = :client',
        ExpressionAttributeValues: { ':client': { S: clientCallerKey(clientId) } },
        ScanIndexForward: false,
      });
      return items.map(usageOf);
    },
    async all(now) {
      const current = (await table.scan({})).filter(({ month }) => isCurrent(month?.S ?? '', now));
      const keyOf = (caller: string, { month }: Item) => `${caller} ${month?.S}`;
      const items = new Map(current.map((item) => [keyOf(item['clientId']?.S ?? '', item), item]));
      const callers = new Map(
        current.map((item) => {
          const caller = item['clientId']?.S?.replace(/^refused#/, '') ?? '-';
          return [keyOf(caller, item), { caller, item }];
        }),
      );
      return [...callers].map(([key, { caller, item }]) => {
        const used = items.get(key);
        const refusals = items.get(keyOf(refusalsKey(caller), item));
        return callerUsage(used ?? { ...item, requests: { N: '0' }, bytes: { N: '0' } }, refusals);
      });
    },
    async current({ clientId, monthStartDay }, now) {
      const month = monthName(now / 1_000, monthStartDay);
      const item = await table.get({ clientId: { S: clientCallerKey(clientId) }, month: { S: month } });
      return item === undefined ? { month, requests: 0, bytes: 0 } : usageOf(item);
    },
  };
}

/** `2026-11-15` is of a month that begins on the 15th. */
function isCurrent(month: string, now: number): boolean {
  return month === monthName(now / 1_000, month.length === 7 ? 1 : Number(month.slice(8)));
}

function callerUsage(item: Item, refusals: Item | undefined): CallerUsage {
  const allowed = (name: string): number | null => {
    const text = item[name]?.S ?? '';
    return /^\d+$/.test(text) ? Number(text) : null;
  };
  return {
    ...usageOf(item),
    application: item['application']?.S ?? '-',
    userId: item['userId']?.S ?? '-',
    plan: item['plan']?.S ?? '-',
    refusals: Number(refusals?.['requests']?.N ?? 0),
    allowedRequests: allowed('allowedRequests'),
    allowedBytes: allowed('allowedBytes'),
  };
}

function usageOf(item: Item): MonthUsage {
  return {
    month: item['month']?.S ?? '-',
    requests: Number(item['requests']?.N ?? 0),
    bytes: Number(item['bytes']?.N ?? 0),
  };
}
