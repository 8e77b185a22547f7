import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** esbuild options of everything that runs outside this repository. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  // Node 20 is the lowest version that runs the bundles (local run). Lambda has a newer one.
  target: 'node20',
  legalComments: 'none',
  alias: {
    debug: join(root, 'lib/features/functions/bundle-shims/debug.cjs'),
    'lodash.defaults': join(root, 'lib/features/functions/bundle-shims/lodash-defaults.cjs'),
    'lodash.isarguments': join(root, 'lib/features/functions/bundle-shims/lodash-is-arguments.cjs'),
    // The package's main entry contains a second copy for Node 6.
    'redis-errors': join(root, 'node_modules', 'redis-errors', 'lib', 'modern.js'),
  },
  logLevel: 'warning',
  // CommonJS packages call `require` for Node modules, which an ES module does not have.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

/**
 * Bundles the services of the shop, all roles in one file, for the container image and the local run.
 *
 * @param outfile absolute. Parallel builds need different files
 * @throws the error of esbuild, which names file, line and cause
 */
export async function bundleServices(outfile: string): Promise<void> {
  await build({ ...bundling, entryPoints: ['services/main.ts'], outfile });
}
