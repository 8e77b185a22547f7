import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import type { CatalogueNames } from '../../runtime/policy/policy-references.ts';
import { namesFileName } from './contract.ts';

/** Reads the catalogue's names from the bundle. */
export function productionNames(): CatalogueNames {
  const folder = requireEnv(process.env, 'LAMBDA_TASK_ROOT');
  return JSON.parse(readFileSync(join(folder, namesFileName), 'utf8')) as CatalogueNames;
}
