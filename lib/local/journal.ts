import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { readIfThere } from '../read-if-there.ts';

/** What has happened to something, one entry a line of JSON, so that it is the same again after a restart. */
export interface Journal<Entry> {
  /** Those that were there when it was opened. */
  readonly earlier: readonly Entry[];
  /** Is with the operating system when it returns: an end of this process loses nothing. */
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
 */
export function openJournal<Entry>(path: string, summary: () => readonly Entry[]): Journal<Entry> {
  const earlier = readEntries<Entry>(path);
  let entries = earlier.length;
  let descriptor = openSync(path, 'a', 0o600);
  // A line that was broken off must not go on with the next entry.
  if (!(readIfThere(path) ?? '\n').endsWith('\n')) writeSync(descriptor, '\n');

  const writeAnew = (): void => {
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
      writeSync(descriptor, line(entry));
      entries += 1;
      if (entries < nextLook) return;
      if (entries - summary().length >= maxSuperfluousEntries) writeAnew();
      nextLook = entries + maxSuperfluousEntries;
    },
    close: () => closeSync(descriptor),
  };
}

const line = (entry: unknown): string => `${JSON.stringify(entry)}\n`;

/** Without a last one that was broken off. */
function readEntries<Entry>(path: string): Entry[] {
  return (readIfThere(path) ?? '').split('\n').flatMap((text) => {
    try {
      return text === '' ? [] : [JSON.parse(text) as Entry];
    } catch {
      return [];
    }
  });
}
