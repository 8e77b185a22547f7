import type { Table } from './dynamo.ts';

export interface MonthUsage {
  /** `2026-11`, UTC. */
  readonly month: string;
  readonly requests: number;
  readonly bytes: number;
}

/** What clients have used, from the durable table that metering fills. */
export interface UsageReader {
  /** The latest month first. */
  months(clientId: string): Promise<readonly MonthUsage[]>;
  /** Zero where nothing was metered. */
  month(clientId: string, month: string): Promise<MonthUsage>;
}

export function createUsageReader(table: Table): UsageReader {
  const read = (
    item: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>,
  ): MonthUsage => ({
    month: item['month']?.S ?? '',
    requests: Number(item['requests']?.N ?? 0),
    bytes: Number(item['bytes']?.N ?? 0),
  });
  return {
    async months(clientId) {
      const items = await table.read('Query', {
        KeyConditionExpression: 'clientId = :client',
        ExpressionAttributeValues: { ':client': { S: clientId } },
        ScanIndexForward: false,
      });
      return items.map(read);
    },
    async month(clientId, month) {
      const item = await table.get({ clientId: { S: clientId }, month: { S: month } });
      return item === undefined ? { month, requests: 0, bytes: 0 } : read(item);
    },
  };
}

/** @param now Milliseconds since the epoch. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}
