import { readFileSync } from 'node:fs';

/** A file's text; undefined where there is no such file. Throws for any other reason that it cannot be read. */
export function readFileIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
