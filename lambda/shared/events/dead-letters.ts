import type { CloudEvent } from './envelope.ts';
import type { ConsumeOptions, EventLog, LogRecord } from './event-log.ts';

export interface DeadLetterOptions {
  /** Takes one record; rejects when it cannot. `signal` as in `ConsumeOptions.onBatch`. */
  readonly onRecord: (record: LogRecord, signal: AbortSignal) => Promise<void>;
  /** How often a record is tried before it is given up. */
  readonly attempts: number;
  /** Keeps what was given up; when it rejects, the record is tried from the start again. */
  readonly giveUp: (record: LogRecord, error: unknown) => Promise<void>;
  /** Between two attempts at one record. */
  readonly wait: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/**
 * A batch handler that takes records one by one, so that one that is poison holds up nobody for longer than its
 * attempts. A consumption that stops, or has lost its partition, gives nothing up: the rest of the batch comes again.
 */
export function withDeadLetters(options: DeadLetterOptions): ConsumeOptions['onBatch'] {
  return async ({ records }, signal) => {
    for (const record of records) await takeOne(record, signal, options);
  };
}

async function takeOne(
  record: LogRecord,
  signal: AbortSignal,
  { onRecord, attempts, giveUp, wait }: DeadLetterOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      await onRecord(record, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= attempts) {
        await giveUp(record, error);
        return;
      }
      await wait(attempt, signal);
    }
  }
}

/** What a dead letter tells: where the record stood, what was wrong, and the record itself, untouched. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string;
  readonly error: string;
}

/**
 * Gives records up to a topic, under the key that they had.
 *
 * @param group whose consumer gave up; it names the source.
 * @param topic has to be one of the catalogue's.
 */
export function deadLetterTopic(
  log: Pick<EventLog, 'produce'>,
  topic: string,
  group: string,
  nowMs: () => number,
): DeadLetterOptions['giveUp'] {
  return async (record, error) => {
    const { partition, offset, key, value } = record;
    const place = `${record.topic}/${partition}/${offset}`;
    const letter: CloudEvent<'gatehouse.dead-letter', DeadLetter> = {
      specversion: '1.0',
      id: place,
      source: `/consumers/${group}`,
      type: 'gatehouse.dead-letter',
      subject: place,
      time: new Date(nowMs()).toISOString(),
      datacontenttype: 'application/json',
      dataschema: 'urn:gatehouse:events:gatehouse.dead-letter:1',
      partitionkey: key ?? place,
      data: { topic: record.topic, partition, offset, key, value, error: String(error) },
    };
    await log.produce(topic, [letter]);
  };
}
