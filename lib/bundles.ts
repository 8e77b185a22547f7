import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { compositionsFileName } from '../lambda/aggregation/contract.ts';
import { policyFileName } from '../lambda/auth/contract.ts';
import type { Configuration } from './config/index.ts';
import { compileCompositions, compilePolicy } from './policy.ts';

/** The code of the Lambda functions. */
export interface Bundles {
  /** @param name of a folder in `lambda/` */
  lambda(name: string): Code;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** No source map with contents, so that an edited comment redeploys nothing. */
const options = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  // Names of error classes reach the logs.
  keepNames: true,
  platform: 'node',
  format: 'esm',
  // The lowest Node that runs them is the local run's; Lambda's own is newer.
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  // Packages written in CommonJS call `require` for Node's own modules, and an ES module has none.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const;

/**
 * Bundles every `lambda/NAME/handler.ts` once per synth, each with the documents that the configuration compiles to.
 *
 * @param outdir absolute; `NAME/index.mjs` and the documents go there. Two synths at once need two.
 * @throws the bundler's failure, which names file, line and cause.
 */
export function buildBundles(configuration: Configuration, outdir: string): Bundles {
  const names = lambdaNames();
  for (const name of ['auth', 'aggregation']) mkdirSync(join(outdir, name), { recursive: true });
  buildSync({
    ...options,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `lambda/${name}/handler.ts`])),
    outdir,
    outExtension: { '.js': '.mjs' },
  });
  writeFileSync(join(outdir, 'auth', policyFileName), JSON.stringify(compilePolicy(configuration)));
  writeFileSync(
    join(outdir, 'aggregation', compositionsFileName),
    JSON.stringify(compileCompositions(configuration)),
  );
  return { lambda: (name) => Code.fromAsset(join(outdir, name)) };
}

/** Bundles the reference store, all its roles in one file, for the image and the local run. Returns the file's path. */
export function buildServices(): string {
  const outfile = join(root, 'dist', 'services', 'main.mjs');
  buildSync({ ...options, entryPoints: ['services/main.ts'], outfile });
  return outfile;
}

/** The folders of `lambda/` with a handler; `shared` has none. */
function lambdaNames(): string[] {
  return readdirSync(join(root, 'lambda'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('handler.ts'))
    .map(dirname)
    .sort();
}
