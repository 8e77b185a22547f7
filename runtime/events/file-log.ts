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
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Interval at which a reader looks for new lines. */
const pollMilliseconds = 50;
/** Interval at which a standby member checks whether the reader has ended. */
const standbyMilliseconds = 250;

/**
 * A log on disk: one append-only file of JSON lines per topic, `<folder>/<topic>.jsonl`, with one partition.
 * Safe for several processes. The position of a group in a topic is in
 * `<folder>/groups/<group>/<topic>.json`; one member reads a topic, and others take over within seconds when
 * it ends.
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
        readTopic({ folder, topic, options, stop: stop.signal }, dependencies),
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

interface TopicReader {
  readonly folder: string;
  readonly topic: string;
  readonly options: ConsumeOptions;
  readonly stop: AbortSignal;
}

/** Never rejects: failures are reported and retried. */
async function readTopic(reader: TopicReader, { nowMs, wait }: FileLogDependencies): Promise<void> {
  const { folder, topic, options, stop } = reader;
  const positionPath = positionFile(folder, options.group, topic);
  let lease: Lease | null = null;
  let failures = 0;
  while (!stop.aborted) {
    try {
      lease ??= await acquireLease(`${positionPath}.readers`, nowMs);
      if (lease === null) await wait(standbyMilliseconds, stop);
      else if (!(await lease.isHeld())) {
        await lease.release();
        lease = null;
      } else if (!(await readBatch(reader, lease))) await wait(pollMilliseconds, stop);
      failures = 0;
    } catch (error) {
      options.onError?.(error);
      failures += 1;
      await wait(retryDelayMilliseconds(failures), stop);
    }
  }
  await lease?.release().catch((error: unknown) => options.onError?.(error));
}

/** Resolves with whether a batch was read. */
async function readBatch({ folder, topic, options, stop }: TopicReader, lease: Lease): Promise<boolean> {
  const { group, from = 'earliest', maxBatch = 100, onBatch } = options;
  const positionPath = positionFile(folder, group, topic);
  const file = fileOf(folder, topic);
  let position = await readPosition(positionPath);
  if (position === null) {
    position = from === 'latest' ? await endOf(file) : beginning;
    // The position of "latest" must survive this process.
    await writePosition(positionPath, position);
  }
  const { lines, start, end } = await readLines(file, position, maxBatch);
  if (lines.length === 0) return false;
  const records = lines.flatMap((line, index) =>
    // The rest of a torn line is ignored.
    line === '' ? [] : [recordOf(topic, start.line + index, line)],
  );
  if (records.length > 0) await onBatch({ topic, partition: 0, records }, stop);
  if (await lease.isHeld()) await writePosition(positionPath, end);
  return true;
}

function recordOf(topic: string, line: number, value: string): LogRecord {
  return { topic, partition: 0, offset: String(line), key: keyOf(value), value, timestampMs: null };
}

/** Every event contains its key; a torn line has none. */
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

/** Writes the whole file or nothing, even if this process ends meanwhile. */
async function writePosition(file: string, { line, byte }: LinePosition): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, JSON.stringify({ line, byte }));
  await rename(`${file}.draft`, file);
}

const fileOf = (folder: string, topic: string) => join(folder, `${topic}.jsonl`);

const positionFile = (folder: string, group: string, topic: string) =>
  join(folder, 'groups', encodeURIComponent(group), `${topic}.json`);
