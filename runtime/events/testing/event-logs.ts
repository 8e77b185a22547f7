import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createEvent, type EventOf } from '../cloud-event.ts';
import type { EventLog, RecordBatch } from '../event-log.ts';

/** Real clock, timers and output for event logs in tests. */
export const realDependencies = {
  clientId: 'test',
  nowMs: Date.now,
  wait: (ms: number, signal?: AbortSignal): Promise<void> =>
    delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
  writeLine: () => {},
};

/** Numbered events of one key: `available` counts from `first` on. */
export function numberedEvents(key: string, count: number, first = 0): EventOf<'inventory.updated'>[] {
  return Array.from({ length: count }, (_, index) =>
    createEvent({
      id: `${key}-${first + index}-${randomUUID()}`,
      source: '/services/inventory',
      type: 'inventory.updated',
      subject: key,
      timeMs: Date.UTC(2026, 10, 20),
      data: { productId: key, available: first + index, reserved: 0, cause: 'delivered' },
    }),
  );
}

/** The records that a group has received so far. */
export interface Received {
  readonly batches: readonly RecordBatch[];
  /** Values in the order of arrival, including repetitions. */
  values(): readonly string[];
  /** Resolves once so many different values have arrived. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Reads topics into memory. `before` runs before a batch counts as received, and may refuse it. */
export async function startReceiving(
  log: EventLog,
  group: string,
  topics: readonly string[],
  {
    maxBatch = 100,
    before = async () => {},
  }: { maxBatch?: number; before?: (batch: RecordBatch) => Promise<void> } = {},
): Promise<Received> {
  const batches: RecordBatch[] = [];
  const distinct = new Set<string>();
  const waiting = new Set<() => void>();
  const consumption = await log.consume({
    group,
    topics,
    maxBatch,
    async onBatch(batch) {
      await before(batch);
      batches.push(batch);
      for (const { value } of batch.records) distinct.add(String(value));
      for (const look of waiting) look();
    },
  });
  return {
    batches,
    values: () => batches.flatMap(({ records }) => records.map(({ value }) => String(value))),
    received: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (distinct.size < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    stop: () => consumption.stop(),
  };
}
