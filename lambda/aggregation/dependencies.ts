import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireEnv } from '../shared/env.ts';
import { createLog } from '../shared/log.ts';
import { type Compositions, compositionsFileName } from './contract.ts';
import type { ForwarderDependencies } from './forward.ts';

/** Reads the bundled compositions. */
export function productionDependencies(): ForwarderDependencies {
  const path = join(requireEnv(process.env, 'LAMBDA_TASK_ROOT'), compositionsFileName);
  return {
    compositions: JSON.parse(readFileSync(path, 'utf8')) as Compositions,
    fetch,
    log: createLog((line) => process.stdout.write(`${line}\n`)),
  };
}
