import fs from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import { stateError } from '../../run/state-error.ts';

/** A line of a log group, as subscriptions receive it. */
export interface LogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** A queue of log lines for a subscriber. It is on disk, so that no line is lost and memory holds one batch only. */
export interface Spool {
  /** Never throws. Lines that cannot be written wait in memory, up to a limit, for the next call. */
  append(event: LogEvent): void;
  /** The oldest lines; empty when there are none or the file cannot be read. */
  next(): readonly LogEvent[];
  /** Removes the lines that `next` returned last. */
  done(): void;
  close(): void;
}

/** The file system functions that an open spool calls. */
export type SpoolFiles = Pick<
  typeof fs,
  'fstatSync' | 'readSync' | 'writeSync' | 'ftruncateSync' | 'writeFileSync' | 'renameSync'
>;

export interface SpoolPorts {
  /** Receives each disk error once, until the disk works again. */
  readonly notice: (text: string) => void;
  /** @default node:fs */
  readonly files?: SpoolFiles;
}

const maxBatchBytes = 256 * 1_024;
/** The file is truncated when all lines are removed and it is larger than this. */
const maxSpentBytes = 1_024 * 1_024;
/** The limit of lines that wait in memory while the disk cannot be written. */
const maxUnwrittenBytes = 16 * 1_024 * 1_024;
const newline = '\n'.charCodeAt(0);

const logEvent = z.object({ id: z.string(), timestamp: z.number(), message: z.string() });

/**
 * Opens a spool with the lines of an earlier run. Incomplete or invalid lines are skipped.
 *
 * @throws {StateError} when it cannot be opened; the message names the file and the remedy.
 */
export function openSpool(folder: string, name: string, { notice, files = fs }: SpoolPorts): Spool {
  const positionFile = join(folder, `${name}.position`);
  const path = join(folder, `${name}.jsonl`);
  const descriptor = opened(path);
  const reading = reporter(`${path} cannot be read; its lines wait`, notice);
  const writing = reporter(`${path} cannot be written; lines wait in memory`, notice);
  const placing = reporter(`${positionFile} cannot be written; a later run delivers lines again`, notice);
  let position = validPosition(positionFile, descriptor);
  let read = position;
  const unwritten = new UnwrittenLines(endsInLine(descriptor) ? [] : [Buffer.from('\n')]);

  const setPosition = (value: number): void => {
    position = value;
    placing(() => {
      const draft = `${positionFile}.draft`;
      files.writeFileSync(draft, String(value), { mode: 0o600 });
      files.renameSync(draft, positionFile);
    });
  };
  const write = (): void => {
    writing(() => {
      const lost = unwritten.write((bytes) => files.writeSync(descriptor, bytes));
      if (lost > 0)
        notice(`${lost} lines of the access log are lost: ${path} and the memory buffer were full.`);
    });
  };
  const bytesUpTo = (maxBytes: number): Buffer => {
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, files.readSync(descriptor, bytes, 0, maxBytes, position));
  };
  /** The complete lines after the position; empty at the end of the file. */
  const linesFromPosition = (): Buffer => {
    // A line may be longer than a batch.
    for (let maxBytes = maxBatchBytes; ; maxBytes *= 2) {
      const bytes = bytesUpTo(maxBytes);
      const end = bytes.lastIndexOf(newline) + 1;
      if (end > 0 || bytes.length < maxBytes) return bytes.subarray(0, end);
    }
  };

  return {
    append(event) {
      unwritten.add(Buffer.from(`${JSON.stringify(event)}\n`));
      write();
    },
    next() {
      if (!unwritten.isEmpty) write();
      const events = reading(() => {
        // The file is shorter than the position when somebody truncated it.
        if (position > files.fstatSync(descriptor).size) position = 0;
        for (let lines = linesFromPosition(); lines.length > 0; lines = linesFromPosition()) {
          read = position + lines.length;
          const found = eventsOf(lines);
          if (found.invalid > 0) notice(`${found.invalid} invalid lines of ${path} are skipped.`);
          if (found.events.length > 0) return found.events;
          setPosition(read);
        }
        return [];
      });
      return events ?? [];
    },
    done() {
      const size = reading(() => files.fstatSync(descriptor).size) ?? 0;
      setPosition(read);
      if (read !== size || size <= maxSpentBytes) return;
      // The position is written first: after a crash, repeated lines are detected by their ids, lost ones are not.
      setPosition(0);
      const isEmptied = writing(() => files.ftruncateSync(descriptor, 0) === undefined);
      if (isEmptied === true) read = 0;
      else setPosition(read);
    },
    close: () => fs.closeSync(descriptor),
  };
}

/** Lines that are not on disk yet, in order. */
class UnwrittenLines {
  /** The first element may be the rest of a line. */
  readonly #lines: Buffer[];
  #bytes = 0;
  #lost = 0;

  constructor(lines: Buffer[]) {
    this.#lines = lines;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Adds a line; over the limit, the line is lost. */
  add(line: Buffer): void {
    if (this.#bytes + line.length > maxUnwrittenBytes) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  /**
   * Writes all lines.
   *
   * @param write returns the number of written bytes, which may be less than given; when it throws, the rest is kept.
   * @returns the number of lines that were lost since the last complete write.
   */
  write(write: (bytes: Buffer) => number): number {
    for (let [bytes] = this.#lines; bytes !== undefined; [bytes] = this.#lines) {
      const written = write(bytes);
      this.#bytes = Math.max(0, this.#bytes - written);
      if (written === bytes.length) this.#lines.shift();
      else this.#lines[0] = bytes.subarray(written);
    }
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}

function opened(path: string): number {
  try {
    return fs.openSync(path, 'a+', 0o600);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** The stored read position; 0 when it is not at the beginning of a line or beyond the end of the file. */
function validPosition(positionFile: string, descriptor: number): number {
  let text: string | undefined;
  try {
    text = readFileIfExists(positionFile);
  } catch (error) {
    throw stateError(positionFile, error);
  }
  const position = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  if (position > fs.fstatSync(descriptor).size) return 0;
  return position === 0 || byteAt(descriptor, position - 1) === newline ? position : 0;
}

function endsInLine(descriptor: number): boolean {
  const { size } = fs.fstatSync(descriptor);
  return size === 0 || byteAt(descriptor, size - 1) === newline;
}

function byteAt(descriptor: number, position: number): number | undefined {
  const byte = Buffer.alloc(1);
  return fs.readSync(descriptor, byte, 0, 1, position) === 1 ? byte[0] : undefined;
}

/** Runs an operation; reports an error once, until the operation succeeds again, and returns undefined. */
function reporter(what: string, notice: (text: string) => void): <T>(work: () => T) => T | undefined {
  let reported = '';
  return (work) => {
    try {
      const result = work();
      reported = '';
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== reported) notice(`${what}: ${reason}`);
      reported = reason;
      return undefined;
    }
  };
}

function eventsOf(lines: Buffer): { readonly events: readonly LogEvent[]; readonly invalid: number } {
  const events: LogEvent[] = [];
  let invalid = 0;
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf(newline, from);
    const event = end === from ? undefined : parsed(lines.subarray(from, end));
    if (event !== undefined) events.push(event);
    else if (end > from) invalid += 1;
    from = end + 1;
  }
  return { events, invalid };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(line: Buffer): LogEvent | undefined {
  try {
    return logEvent.safeParse(JSON.parse(utf8.decode(line))).data;
  } catch {
    return undefined;
  }
}
