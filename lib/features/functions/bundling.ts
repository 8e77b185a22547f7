import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** How everything is bundled that runs outside this repository. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  // The lowest Node that runs them is the local run's; Lambda's own is newer.
  target: 'node20',
  legalComments: 'none',
  alias: {
    debug: join(root, 'lib/features/functions/bundle-shims/debug.cjs'),
    'lodash.defaults': join(root, 'lib/features/functions/bundle-shims/lodash-defaults.cjs'),
    'lodash.isarguments': join(root, 'lib/features/functions/bundle-shims/lodash-is-arguments.cjs'),
    // Its entry brings a second copy, for Node 6.
    'redis-errors': join(root, 'node_modules', 'redis-errors', 'lib', 'modern.js'),
  },
  logLevel: 'warning',
  // Packages written in CommonJS call `require` for Node's own modules, and an ES module has none.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

/**
 * Bundles the reference store, all its roles in one file, as its image and the local run have it.
 *
 * @param outfile absolute. Two at once need two.
 * @throws the bundler's failure, which names file, line and cause.
 */
export async function bundleServices(outfile: string): Promise<void> {
  await build({ ...bundling, entryPoints: ['services/main.ts'], outfile });
}
