import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Position of a reader in a file of lines. */
export interface LinePosition {
  /** Lines before it. */
  readonly line: number;
  /** Bytes before it. */
  readonly byte: number;
}

export const beginning: LinePosition = { line: 0, byte: 0 };

const newline = 0x0a;

/** Appends lines to a file, safe for several processes: a batch is one write to a file opened for append. */
export class LineWriter {
  readonly #path: string;
  #file: Promise<FileHandle> | null = null;
  /** The last line may be torn, for example by a full disk, in this process or an earlier one. */
  #isTorn = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves once the system has the lines: they survive this process, but not a power failure. */
  async append(lines: readonly string[]): Promise<void> {
    const file = await this.#open();
    const text = lines.map((line) => `${line}\n`).join('');
    // An empty line ends the torn line of an earlier attempt.
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    this.#isTorn = true;
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length) {
      throw new Error(`Only ${bytesWritten} of ${bytes.length} bytes were written to ${this.#path}.`);
    }
    this.#isTorn = false;
  }

  async close(): Promise<void> {
    const file = await this.#file;
    await file?.sync();
    await file?.close();
  }

  #open(): Promise<FileHandle> {
    this.#file ??= (async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      const file = await open(this.#path, 'a+');
      const { size } = await file.stat();
      if (size > 0) this.#isTorn = (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== newline;
      return file;
    })();
    this.#file.catch(() => {
      this.#file = null;
    });
    return this.#file;
  }
}

/** Bytes read at once; a longer line is still read whole. */
const chunkBytes = 1 << 20;

/**
 * The whole lines after a position, at most so many, and the position where they end. Empty when the file
 * does not exist, or its last line is still being written. A file that is shorter than the position was
 * recreated, and is read from its beginning.
 */
export async function readLines(
  path: string,
  from: LinePosition,
  maxLines: number,
): Promise<{ readonly lines: readonly string[]; readonly start: LinePosition; readonly end: LinePosition }> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return { lines: [], start: beginning, end: beginning };
  try {
    const { size } = await file.stat();
    const start = from.byte > size ? beginning : from;
    const lines: string[] = [];
    let byte = start.byte;
    for (let wanted = chunkBytes; lines.length === 0 && byte < size; wanted *= 2) {
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(Math.min(wanted, size - byte)),
        position: byte,
      });
      const chunk = buffer.subarray(0, bytesRead);
      for (let at = 0; lines.length < maxLines; ) {
        const end = chunk.indexOf(newline, at);
        if (end < 0) break;
        lines.push(chunk.toString('utf8', at, end));
        byte += end + 1 - at;
        at = end + 1;
      }
      if (bytesRead < wanted) break;
    }
    return { lines, start, end: { line: start.line + lines.length, byte } };
  } finally {
    await file.close();
  }
}

/** The position after the last whole line. */
export async function endOf(path: string): Promise<LinePosition> {
  let position = beginning;
  for (;;) {
    const { lines, end } = await readLines(path, position, Number.POSITIVE_INFINITY);
    if (lines.length === 0) return position;
    position = end;
  }
}
