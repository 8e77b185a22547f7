import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../read-if-there.ts';

/** What another terminal must know of the latest run. */
const runState = z.object({
  /** The gateway's URL. */
  url: z.string(),
  issuer: z.string(),
  audience: z.string(),
  /** For the operators' commands. */
  operator: z
    .object({
      /** The runtime policy, which the authorizer watches. */
      policyFile: z.string(),
      operations: z.object({
        clientsTable: z.string(),
        usageTable: z.string(),
        auditTable: z.string(),
        authorizer: z.string(),
        revocation: z.string(),
        webhookQueue: z.string(),
        webhookDeadLetters: z.string(),
      }),
      edge: z.object({ distributionId: z.string(), switchesArn: z.string() }),
      /** Base URLs of the AWS APIs that the run serves. */
      endpoints: z.object({
        dynamodb: z.string(),
        secretsManager: z.string(),
        lambda: z.string(),
        cloudfront: z.string(),
        sqs: z.string(),
      }),
    })
    .optional(),
});
export type RunState = z.output<typeof runState>;

const runFile = 'run.json';
/** Keys and addresses of a laptop are still nobody else's business. */
const privateFile = { mode: 0o600 } as const;

/** Makes the folder of a run's state, if it is not there. */
export function makeStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

export function writeRunState(folder: string, state: RunState): void {
  const temporary = join(folder, `${runFile}.${process.pid}`);
  writeFileSync(temporary, JSON.stringify(state), privateFile);
  renameSync(temporary, join(folder, runFile));
}

/** The latest run's state; undefined when there never was one. */
export function readRunState(folder: string): RunState | undefined {
  const text = readIfThere(join(folder, runFile));
  return text === undefined ? undefined : runState.parse(JSON.parse(text));
}

/** The text of a file of the folder, made by `make` if it is not there; of two makers at once, one wins. */
export async function readOrMake(folder: string, name: string, make: () => Promise<string>): Promise<string> {
  const path = join(folder, name);
  const found = readIfThere(path);
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
