import type { StoreEvent } from '../../lambda/shared/events/envelope.ts';
import { type EventLog, produceByType } from '../../lambda/shared/events/event-log.ts';
import type { Log } from '../log.ts';

export interface DeliveryCounts {
  /** Accepted and not yet written. */
  readonly pending: number;
  readonly written: number;
  /** Attempts that failed; their events are tried again. */
  readonly failedAttempts: number;
  /** Lost because the buffer was full, or at the end because the log was still away. */
  readonly dropped: number;
}

export interface Delivery {
  /** Takes an event without waiting. */
  deliver(event: StoreEvent): void;
  counts(): DeliveryCounts;
  /** Writes what is pending, as far as the time allows, and lets go of the log. */
  close(deadlineMs: number): Promise<void>;
}

export interface DeliveryOptions {
  readonly log: Log;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly maxPending?: number;
}

const maxBatch = 500;
const firstRetryMs = 250;
const lastRetryMs = 10_000;

/**
 * Delivery that never holds up an answer: events wait in a bounded buffer (10 000) while one writer at a time
 * brings them to the event log in their order. While the log fails the writer waits 250 ms, doubling up to 10 s; when the
 * buffer is full new events are dropped, logged and counted. Delivery is at least once, and ends with the process:
 * events that must survive it belong into an outbox beside the data that they tell of.
 */
export function createDelivery(
  events: Pick<EventLog, 'produce' | 'close'>,
  options: DeliveryOptions,
): Delivery {
  const { log, wait, maxPending = 10_000 } = options;
  const pending: StoreEvent[] = [];
  const closing = new AbortController();
  let written = 0;
  let failedAttempts = 0;
  let dropped = 0;
  let writer: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    let retryMs = firstRetryMs;
    while (pending.length > 0) {
      const batch = pending.slice(0, maxBatch);
      try {
        await produceByType(events, batch);
        pending.splice(0, batch.length);
        written += batch.length;
        retryMs = firstRetryMs;
      } catch (error) {
        failedAttempts += 1;
        log('error', 'event log unreachable', { pending: pending.length, retryMs, error: String(error) });
        // The last attempt at the end is not followed by another.
        if (closing.signal.aborted) return;
        await wait(retryMs, closing.signal);
        retryMs = Math.min(retryMs * 2, lastRetryMs);
      }
    }
  }

  function startWriter(): void {
    writer ??= writeAll().finally(() => {
      writer = null;
      // An event may have come between the last look and now.
      if (pending.length > 0 && !closing.signal.aborted) startWriter();
    });
  }

  return {
    deliver(event) {
      if (pending.length >= maxPending || closing.signal.aborted) {
        dropped += 1;
        log('error', 'event dropped', { id: event.id, type: event.type, subject: event.subject, dropped });
        return;
      }
      pending.push(event);
      startWriter();
    },
    counts: () => ({ pending: pending.length, written, failedAttempts, dropped }),
    async close(deadlineMs) {
      closing.abort();
      const deadline = wait(deadlineMs, new AbortController().signal);
      const finish = async () => {
        await writer;
        if (pending.length > 0) await writeAll();
        await events.close();
      };
      await Promise.race([
        finish().catch((error: unknown) => log('error', 'event log not closed', { error: String(error) })),
        deadline,
      ]);
      if (pending.length === 0) return;
      dropped += pending.length;
      log('error', 'events lost at the end', { lost: pending.length });
    },
  };
}
