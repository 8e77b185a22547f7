import { closeSync, ftruncateSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../../read-if-there.ts';

/** One line of a log group, as subscriptions get it. */
export interface LogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** Lines on their way to a subscriber: on disk, so that none is lost and memory holds but one batch. */
export interface Spool {
  append(event: LogEvent): void;
  /** The oldest lines that have not been taken off; empty when there are none. */
  next(): readonly LogEvent[];
  /** Takes off what `next` gave last. */
  done(): void;
  close(): void;
}

const maxBatchBytes = 256 * 1_024;
/** What is taken off is forgotten when there is nothing else and it is more than this. */
const maxSpentBytes = 1_024 * 1_024;

/** Opens the spool of that name, with what an earlier run has left in it. A line that was broken off is left out. */
export function openSpool(folder: string, name: string): Spool {
  const positionFile = join(folder, `${name}.position`);
  const path = join(folder, `${name}.jsonl`);
  const descriptor = openSync(path, 'a+', 0o600);
  let size = Buffer.byteLength(readIfThere(path) ?? '');
  let position = Math.min(size, Number(readIfThere(positionFile) ?? 0));
  let read = position;

  const setPosition = (value: number): void => {
    position = value;
    const draft = `${positionFile}.draft`;
    writeFileSync(draft, String(value), { mode: 0o600 });
    renameSync(draft, positionFile);
  };
  const write = (text: string): void => {
    size += writeSync(descriptor, text);
  };
  const lastByte = Buffer.alloc(1);
  if (size > 0 && readSync(descriptor, lastByte, 0, 1, size - 1) === 1 && lastByte.toString() !== '\n') {
    write('\n');
  }

  const bytesUpTo = (most: number): Buffer => {
    const bytes = Buffer.alloc(Math.min(most, size - position));
    readSync(descriptor, bytes, 0, bytes.length, position);
    return bytes;
  };

  return {
    append: (event) => write(`${JSON.stringify(event)}\n`),
    next() {
      if (position === size) return [];
      let bytes = bytesUpTo(maxBatchBytes);
      // A single line may be longer than a batch.
      for (let most = 2 * maxBatchBytes; !bytes.includes('\n'); most *= 2) bytes = bytesUpTo(most);
      const end = bytes.lastIndexOf('\n') + 1;
      read = position + end;
      return bytes.subarray(0, end).toString().split('\n').flatMap(parsed);
    },
    done() {
      if (read === size && size > maxSpentBytes) {
        // First the position: lines that come twice are told by their ids, lost ones are lost.
        setPosition(0);
        ftruncateSync(descriptor, 0);
        size = 0;
        read = 0;
      } else {
        setPosition(read);
      }
    },
    close: () => closeSync(descriptor),
  };
}

function parsed(line: string): LogEvent[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as LogEvent];
  } catch {
    return [];
  }
}
