import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileIfExists } from '../../common/read-file-if-exists.ts';
import { stateError } from './state-error.ts';

/** Keys and addresses of a laptop are private. */
const privateFile = { mode: 0o600 } as const;

/**
 * Makes a folder of a run's state, if it is not there.
 *
 * @throws {StateError} when something else is there.
 */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateError(folder, error);
  }
}

/**
 * What a file of the state says, by a reader that throws when the text is not what the run has written.
 *
 * @returns undefined where there is no such file.
 * @throws {StateError} naming the file, the reason and the remedy.
 */
export function readState<Content>(path: string, reader: (text: string) => Content): Content | undefined {
  try {
    const text = readFileIfExists(path);
    return text === undefined ? undefined : reader(text);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** Everything of one run: the port it serves is its name. Runs of one checkout share nothing. */
export function runFolder(stateFolder: string, port: number): string {
  return join(stateFolder, String(port));
}

/** A file of the state that a run makes when it is not there. */
export interface StateFile {
  readonly folder: string;
  readonly name: string;
  readonly make: () => Promise<string>;
  /** Says what is wrong with what the file holds; undefined when it can be what a run has made. */
  readonly fault: (text: string) => string | undefined;
}

/**
 * The text of a file of the state, made if it is not there; of two makers at once, one wins.
 *
 * @throws {StateError} when the file cannot be read, or holds what no run has made.
 */
export async function readOrCreate({ folder, name, make, fault }: StateFile): Promise<string> {
  const path = join(folder, name);
  const checked = (text: string): string => {
    const reason = fault(text);
    if (reason !== undefined) throw new Error(reason);
    return text;
  };
  const found = readState(path, checked);
  if (found !== undefined) return found;
  const temporary = `${path}.${process.pid}.${performance.now()}`;
  writeFileSync(temporary, await make(), privateFile);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path, 'utf8');
}
