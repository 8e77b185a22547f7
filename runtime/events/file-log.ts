import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ConsumeOptions, Consumption, EventLog, LogRecord } from './event-log.ts';
import { eventText } from './event-text.ts';
import { acquireLease, type Lease } from './file-lease.ts';
import { beginning, endOf, type LinePosition, LineWriter, readLines } from './file-topic.ts';
import { retryDelayMilliseconds } from './retry-delay.ts';

export interface FileLogDependencies {
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** How often a reader looks for new lines. */
const pollMilliseconds = 50;
/** How often a member that stands by looks whether the reader is gone. */
const standbyMilliseconds = 250;

/**
 * A log on disk: one file of JSON lines per topic, `<folder>/<topic>.jsonl`, only ever appended to, with one partition.
 * Safe for several processes. A group's place in a topic is in `<folder>/groups/<group>/<topic>.json`; one member reads
 * a topic, and others take over within seconds when it is gone.
 */
export function createFileLog(folder: string, dependencies: FileLogDependencies): EventLog {
  const writers = new Map<string, LineWriter>();
  const consumptions = new Set<Consumption>();

  const writerOf = (topic: string): LineWriter => {
    const writer = writers.get(topic) ?? new LineWriter(fileOf(folder, topic));
    writers.set(topic, writer);
    return writer;
  };

  return {
    async produce(topic, events) {
      if (events.length > 0) await writerOf(topic).append(events.map(eventText));
    },
    async consume(options) {
      const stop = new AbortController();
      const readers = options.topics.map((topic) =>
        readTopic(folder, topic, options, dependencies, stop.signal),
      );
      const consumption: Consumption = {
        async stop() {
          stop.abort();
          await Promise.all(readers);
          consumptions.delete(consumption);
        },
      };
      consumptions.add(consumption);
      return consumption;
    },
    async close() {
      await Promise.all([...consumptions].map((consumption) => consumption.stop()));
      await Promise.all([...writers.values()].map((writer) => writer.close()));
      writers.clear();
    },
  };
}

/** Never rejects: what fails is told and tried again. */
async function readTopic(
  folder: string,
  topic: string,
  options: ConsumeOptions,
  { nowMs, wait }: FileLogDependencies,
  stop: AbortSignal,
): Promise<void> {
  const place = positionFile(folder, options.group, topic);
  let lease: Lease | null = null;
  let failures = 0;
  while (!stop.aborted) {
    try {
      lease ??= await acquireLease(`${place}.readers`, nowMs);
      if (lease === null) await wait(standbyMilliseconds, stop);
      else if (!(await lease.isHeld())) {
        await lease.release();
        lease = null;
      } else if (!(await readBatch(folder, topic, options, lease, stop))) await wait(pollMilliseconds, stop);
      failures = 0;
    } catch (error) {
      options.onError?.(error);
      failures += 1;
      await wait(retryDelayMilliseconds(failures), stop);
    }
  }
  await lease?.release().catch((error: unknown) => options.onError?.(error));
}

/** Whether there was a batch. */
async function readBatch(
  folder: string,
  topic: string,
  { group, from = 'earliest', maxBatch = 100, onBatch }: ConsumeOptions,
  lease: Lease,
  stop: AbortSignal,
): Promise<boolean> {
  const place = positionFile(folder, group, topic);
  const file = fileOf(folder, topic);
  let position = await readPosition(place);
  if (position === null) {
    position = from === 'latest' ? await endOf(file) : beginning;
    // Where "the latest" was must outlive this process.
    await writePosition(place, position);
  }
  const { lines, start, end } = await readLines(file, position, maxBatch);
  if (lines.length === 0) return false;
  const records = lines.flatMap((line, index) =>
    // What stands between a torn line and its end is nothing.
    line === '' ? [] : [runRecordOf(topic, start.line + index, line)],
  );
  if (records.length > 0) await onBatch({ topic, partition: 0, records }, stop);
  if (await lease.isHeld()) await writePosition(place, end);
  return true;
}

function runRecordOf(topic: string, line: number, value: string): LogRecord {
  return { topic, partition: 0, offset: String(line), key: keyOf(value), value, timestampMs: null };
}

/** Every event has its key in it; a torn line has none. */
function keyOf(value: string): string | null {
  try {
    const { partitionkey } = JSON.parse(value) as { readonly partitionkey?: unknown };
    return typeof partitionkey === 'string' ? partitionkey : null;
  } catch {
    return null;
  }
}

async function readPosition(file: string): Promise<LinePosition | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LinePosition;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whole or not at all, whatever happens to this process. */
async function writePosition(file: string, { line, byte }: LinePosition): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, JSON.stringify({ line, byte }));
  await rename(`${file}.draft`, file);
}

const fileOf = (folder: string, topic: string) => join(folder, `${topic}.jsonl`);

const positionFile = (folder: string, group: string, topic: string) =>
  join(folder, 'groups', encodeURIComponent(group), `${topic}.json`);
