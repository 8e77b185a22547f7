import fs from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import { stateError } from '../../run/state-error.ts';

/** One line of a log group, as subscriptions get it. */
export interface LogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** Lines on their way to a subscriber: on disk, so that none is lost and memory holds but one batch. */
export interface Spool {
  /** Never throws: what the disk does not take waits in memory, up to a bound, for the next call. */
  append(event: LogEvent): void;
  /** The oldest lines that have not been taken off; empty when there are none, or none can be read now. */
  next(): readonly LogEvent[];
  /** Takes off what `next` gave last. */
  done(): void;
  close(): void;
}

/** The calls of the file system that a spool makes once it is open. */
export type SpoolFiles = Pick<
  typeof fs,
  'fstatSync' | 'readSync' | 'writeSync' | 'ftruncateSync' | 'writeFileSync' | 'renameSync'
>;

export interface SpoolPorts {
  /** Gets each fault of the disk once, until the disk works again. */
  readonly notice: (text: string) => void;
  /** @default node:fs */
  readonly files?: SpoolFiles;
}

const maxBatchBytes = 256 * 1_024;
/** What is taken off is forgotten when there is nothing else and it is more than this. */
const maxSpentBytes = 1_024 * 1_024;
/** What waits in memory while the disk takes nothing. */
const maxWaitingBytes = 16 * 1_024 * 1_024;
const newline = '\n'.charCodeAt(0);

const logEvent = z.object({ id: z.string(), timestamp: z.number(), message: z.string() });

/**
 * Opens the spool of that name, with what an earlier run has left in it. Lines that are torn or unreadable are left out.
 *
 * @throws {Error} naming file and remedy when it cannot be opened.
 */
export function openSpool(folder: string, name: string, { notice, files = fs }: SpoolPorts): Spool {
  const positionFile = join(folder, `${name}.position`);
  const path = join(folder, `${name}.jsonl`);
  const descriptor = opened(path);
  const reading = reporter(`${path} cannot be read, so its lines wait`, notice);
  const writing = reporter(`${path} cannot be written, so lines wait in memory`, notice);
  const placing = reporter(`${positionFile} cannot be written, so a later run gets lines again`, notice);
  let position = validPosition(positionFile, descriptor);
  let read = position;
  /** Bytes that are not on disk yet, in order; the first may be the rest of a line. */
  const waiting: Buffer[] = endsInLine(descriptor) ? [] : [Buffer.from('\n')];
  let waitingBytes = 0;
  let lost = 0;

  const setPosition = (value: number): void => {
    position = value;
    placing(() => {
      const draft = `${positionFile}.draft`;
      files.writeFileSync(draft, String(value), { mode: 0o600 });
      files.renameSync(draft, positionFile);
    });
  };
  const writeWaiting = (): void => {
    writing(() => {
      for (let [bytes] = waiting; bytes !== undefined; [bytes] = waiting) {
        const written = files.writeSync(descriptor, bytes);
        waitingBytes = Math.max(0, waitingBytes - written);
        if (written === bytes.length) waiting.shift();
        else waiting[0] = bytes.subarray(written);
      }
      if (lost > 0)
        notice(`${lost} lines of the access log found no room, in ${path} or in memory, and are lost.`);
      lost = 0;
    });
  };
  const bytesUpTo = (most: number): Buffer => {
    const bytes = Buffer.alloc(most);
    return bytes.subarray(0, files.readSync(descriptor, bytes, 0, most, position));
  };
  /** Whole lines from the position on; none at the end of the file, or where its last line has no end yet. */
  const linesFromPosition = (): Buffer => {
    // A single line may be longer than a batch.
    for (let most = maxBatchBytes; ; most *= 2) {
      const bytes = bytesUpTo(most);
      const end = bytes.lastIndexOf(newline) + 1;
      if (end > 0 || bytes.length < most) return bytes.subarray(0, end);
    }
  };

  return {
    append(event) {
      const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
      if (waitingBytes + bytes.length > maxWaitingBytes) {
        lost += 1;
      } else {
        waiting.push(bytes);
        waitingBytes += bytes.length;
      }
      writeWaiting();
    },
    next() {
      if (waiting.length > 0) writeWaiting();
      const events = reading(() => {
        // The file may be shorter than it was: somebody has emptied it.
        if (position > files.fstatSync(descriptor).size) position = 0;
        for (let lines = linesFromPosition(); lines.length > 0; lines = linesFromPosition()) {
          read = position + lines.length;
          const found = eventsOf(lines);
          if (found.unreadable > 0) notice(`${found.unreadable} unreadable lines of ${path} are left out.`);
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
      // First the position: lines that come twice are told by their ids, lost ones are lost.
      setPosition(0);
      const isEmptied = writing(() => files.ftruncateSync(descriptor, 0) === undefined);
      if (isEmptied === true) read = 0;
      else setPosition(read);
    },
    close: () => fs.closeSync(descriptor),
  };
}

function opened(path: string): number {
  try {
    return fs.openSync(path, 'a+', 0o600);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** Where to go on reading; the beginning where the file says what cannot be: between two lines or at the end. */
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

/** Does some work; a fault is reported once, until the work succeeds again, and gives undefined. */
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

function eventsOf(lines: Buffer): { readonly events: readonly LogEvent[]; readonly unreadable: number } {
  const events: LogEvent[] = [];
  let unreadable = 0;
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf(newline, from);
    const event = end === from ? undefined : parsed(lines.subarray(from, end));
    if (event !== undefined) events.push(event);
    else if (end > from) unreadable += 1;
    from = end + 1;
  }
  return { events, unreadable };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(line: Buffer): LogEvent | undefined {
  try {
    return logEvent.safeParse(JSON.parse(utf8.decode(line))).data;
  } catch {
    return undefined;
  }
}
