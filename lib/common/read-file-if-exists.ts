import { readFileSync } from 'node:fs';

/** Text of a file; undefined if the file does not exist. Throws on any other read error. */
export function readFileIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
