import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { stateError } from './state-error.ts';
import { readState } from './state-folder.ts';

/** What has happened to something, one entry a line of JSON, so that it is the same again after a restart. */
export interface AppendOnlyLog<Entry> {
  /** Those that were there when it was opened. */
  readonly earlier: readonly Entry[];
  /**
   * Is with the operating system when it returns: an end of this process loses nothing.
   *
   * @throws {Error} when the disk does not take it; nothing of it is in the file then.
   */
  append(entry: Entry): void;
  close(): void;
}

/** A journal is written anew when it holds this many entries more than what they come to. */
const maxSuperfluousEntries = 10_000;

/**
 * Opens a journal, or begins one.
 *
 * @param path one process' alone. Its folder is there.
 * @param summary the entries that what is there now would come to; called while entries are appended.
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
  // A line that was broken off must not go on with the next entry.
  if (!`\n${text}`.endsWith('\n')) writeSync(descriptor, '\n');

  const rewriteFile = (): void => {
    const rest = summary();
    const draft = `${path}.draft`;
    writeFileSync(draft, rest.map(line).join(''), { mode: 0o600 });
    closeSync(descriptor);
    renameSync(draft, path);
    descriptor = openSync(path, 'a', 0o600);
    entries = rest.length;
  };
  let nextLook = entries + maxSuperfluousEntries;
  return {
    earlier,
    append(entry) {
      appendWhole(descriptor, Buffer.from(line(entry)));
      entries += 1;
      if (entries < nextLook) return;
      if (entries - summary().length >= maxSuperfluousEntries) rewriteFile();
      nextLook = entries + maxSuperfluousEntries;
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

/** All of it or, on a full disk, nothing: half a line would spoil the next one. */
function appendWhole(descriptor: number, bytes: Buffer): void {
  const { size } = fstatSync(descriptor);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    ftruncateSync(descriptor, size);
    throw error;
  }
}

/** Without lines that were broken off. */
function readEntries<Entry>(whole: string): Entry[] {
  return whole.split('\n').flatMap((text) => {
    try {
      return text === '' ? [] : [JSON.parse(text) as Entry];
    } catch {
      return [];
    }
  });
}
