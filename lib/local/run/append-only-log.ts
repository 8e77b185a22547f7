import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { stateError } from './state-error.ts';
import { readState } from './state-folder.ts';

/** A journal of state changes, one JSON entry per line, from which the state is restored after a restart. */
export interface AppendOnlyLog<Entry> {
  /** The entries that the journal held when it was opened. */
  readonly earlier: readonly Entry[];
  /**
   * Appends an entry. When it returns, the operating system has the entry, so a crash of this process does not lose it.
   *
   * @throws {Error} when the write fails; then no part of the entry is in the file.
   */
  append(entry: Entry): void;
  close(): void;
}

/** A journal is compacted when it holds this many entries more than its state needs. */
const maxSuperfluousEntries = 10_000;

/**
 * Opens a journal, or creates it.
 *
 * @param path the file, for one process only; its folder must exist.
 * @param summary returns the entries that produce the current state; called while entries are appended.
 * @throws {StateError} when the file cannot be read.
 */
export function openAppendOnlyLog<Entry>(
  path: string,
  summary: () => readonly Entry[],
): AppendOnlyLog<Entry> {
  const text = readState(path, (found) => found) ?? '';
  const earlier = readEntries<Entry>(text);
  let entries = earlier.length;
  let descriptor = opened(path);
  // An incomplete last line must not be joined with the next entry.
  if (!`\n${text}`.endsWith('\n')) writeSync(descriptor, '\n');

  const compact = (): void => {
    const rest = summary();
    const draft = `${path}.draft`;
    writeFileSync(draft, rest.map(line).join(''), { mode: 0o600 });
    closeSync(descriptor);
    renameSync(draft, path);
    descriptor = openSync(path, 'a', 0o600);
    entries = rest.length;
  };
  let nextCheck = entries + maxSuperfluousEntries;
  return {
    earlier,
    append(entry) {
      appendWhole(descriptor, Buffer.from(line(entry)));
      entries += 1;
      if (entries < nextCheck) return;
      if (entries - summary().length >= maxSuperfluousEntries) compact();
      nextCheck = entries + maxSuperfluousEntries;
    },
    close: () => closeSync(descriptor),
  };
}

const line = (entry: unknown): string => `${JSON.stringify(entry)}\n`;

function opened(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** Writes all bytes or, on a full disk, none: half a line would corrupt the next one. */
function appendWhole(descriptor: number, bytes: Buffer): void {
  const { size } = fstatSync(descriptor);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    ftruncateSync(descriptor, size);
    throw error;
  }
}

/** Skips incomplete lines. */
function readEntries<Entry>(whole: string): Entry[] {
  return whole.split('\n').flatMap((text) => {
    try {
      return text === '' ? [] : [JSON.parse(text) as Entry];
    } catch {
      return [];
    }
  });
}
