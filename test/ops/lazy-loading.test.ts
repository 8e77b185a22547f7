import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('help needs neither the catalogue nor anything of AWS: both are loaded by the command that does', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['bin/ops.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'dist/unwritten',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const reachedFrom = (first: string): string[] => {
    const reached = new Set([first]);
    for (const file of reached) {
      for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
        if (kind === 'import-statement') reached.add(path);
      }
    }
    return [...reached];
  };
  const reached = reachedFrom('bin/ops.ts');
  expect(reached).toContain('lib/ops/commands/plans.ts');
  expect(reached.filter((path) => /aws|zod|lib\/config|dynamo\.ts/.test(path))).toEqual([]);
  // The clients of a gateway are loaded by their first call.
  const opened = reachedFrom('lib/ops/access/open-gateway.ts');
  expect(opened).toContain('lib/ops/access/aws-clients.ts');
  expect(opened.filter((path) => path.startsWith('@aws-sdk/'))).toEqual([]);
});
