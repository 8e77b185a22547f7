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

/**
 * Usage of clients from the durable table that metering fills. Its client ids are the caller keys of the limit store.
 */
export interface UsageReader {
  /** The latest month first. */
  months(client: Pick<RegisteredClient, 'clientId'>): Promise<readonly MonthUsage[]>;
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
    async current({ clientId, monthStartDay }, now) {
      const month = monthName(now / 1_000, monthStartDay);
      const item = await table.get({ clientId: { S: clientCallerKey(clientId) }, month: { S: month } });
      return item === undefined ? { month, requests: 0, bytes: 0 } : usageOf(item);
    },
  };
}

function usageOf(item: Item): MonthUsage {
  return {
    month: item['month']?.S ?? '-',
    requests: Number(item['requests']?.N ?? 0),
    bytes: Number(item['bytes']?.N ?? 0),
  };
}
