import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '../../lib/features/functions/bundling.ts';
import { scratchFolder } from './scratch.ts';

const built = new Map<string, Promise<string>>();

/**
 * A program of the tests as one JavaScript file, built once per worker. It starts in a quarter of the time that its
 * sources need.
 *
 * @param entry the URL of its main module, which must not read files beside itself
 */
export function bundledProgram(entry: URL): Promise<string> {
  const source = fileURLToPath(entry);
  const known = built.get(source);
  if (known !== undefined) return known;
  const program = bundle(source);
  built.set(source, program);
  return program;
}

async function bundle(source: string): Promise<string> {
  const outfile = join(scratchFolder('program'), basename(source).replace(/\.ts$/, '.mjs'));
  await build({ ...bundling, entryPoints: [source], outfile });
  return outfile;
}
