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
  const reached = new Set(['bin/ops.ts']);
  for (const file of reached) {
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
      if (kind === 'import-statement') reached.add(path);
    }
  }
  expect([...reached]).toContain('lib/ops/commands/plans.ts');
  expect([...reached].filter((path) => /aws|zod|lib\/config|dynamo\.ts/.test(path))).toEqual([]);
});
