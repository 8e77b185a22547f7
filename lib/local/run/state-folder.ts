import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileIfExists } from '../../common/read-file-if-exists.ts';
import { stateError } from './state-error.ts';

/** Keys and addresses are private. */
const privateFile = { mode: 0o600 } as const;

/**
 * Creates a folder for the state of a run, if it does not exist.
 *
 * @throws {StateError} when the path is not a folder.
 */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateError(folder, error);
  }
}

/**
 * Reads a state file with a parser that throws for invalid content.
 *
 * @returns undefined when the file does not exist.
 * @throws {StateError} with the file, the reason and the remedy.
 */
export function readState<Content>(path: string, reader: (text: string) => Content): Content | undefined {
  try {
    const text = readFileIfExists(path);
    return text === undefined ? undefined : reader(text);
  } catch (error) {
    throw stateError(path, error);
  }
}

/** The folder of one run, named after its port. Runs share no state. */
export function runFolder(stateFolder: string, port: number): string {
  return join(stateFolder, String(port));
}

/** A state file that a run creates when it does not exist. */
export interface StateFile {
  readonly folder: string;
  readonly name: string;
  readonly make: () => Promise<string>;
  /** Returns the error of the content; undefined when it is valid. */
  readonly fault: (text: string) => string | undefined;
}

/**
 * Reads a state file and creates it when it does not exist. When two processes create it at once, both get one text.
 *
 * @throws {StateError} when the file cannot be read or is invalid.
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
