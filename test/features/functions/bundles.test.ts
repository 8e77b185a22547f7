import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compilePolicy, compileTokenPolicy } from '../../../lib/compile/authorizer-policy.ts';
import { compileCompositions } from '../../../lib/compile/compositions.ts';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { buildBundles } from '../../../lib/features/functions/bundles.ts';
import { scratchFolder } from '../../support/scratch.ts';

const maxBytes = 200_000;

const folder = scratchFolder('bundles');
const configuration = loadConfiguration('prod');
const again = join(folder, 'again');
beforeAll(() => {
  buildBundles(configuration, folder);
  buildBundles(configuration, again);
});

const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

/** What a start reads: the entry and all that it imports at once, but not what it imports when it is needed. */
function bytesOfStart(lambda: string, file = 'index.mjs', seen = new Set<string>()): number {
  if (seen.has(file)) return 0;
  seen.add(file);
  const code = readFileSync(join(lambda, file), 'utf8');
  const imported = [...code.matchAll(/\bfrom ?"\.\/([^"]+)"|\bimport ?"\.\/([^"]+)"/g)];
  return imported.reduce(
    (bytes, [, named, bare]) => bytes + bytesOfStart(lambda, named ?? bare, seen),
    Buffer.byteLength(code),
  );
}

describe.each(['auth', 'aggregation', 'revocation'])('the bundle of %s', (name) => {
  test('is small enough to start fast', () => {
    expect(bytesOfStart(join(folder, name))).toBeLessThan(maxBytes);
  });

  test('exports the handler, and contains neither the CDK nor local paths', () => {
    const code = read(name, 'index.mjs');
    expect(code).toMatch(/export\s*\{[^}]*\bas handler\b|export\s*\{[^}]*\bhandler\b/);
    expect(code).not.toMatch(/aws-cdk-lib|node_modules|sourceMappingURL/);
    expect(code).not.toContain(process.cwd());
  });

  test('is reproducible', () => {
    expect(readFileSync(join(again, name, 'index.mjs'), 'utf8')).toBe(read(name, 'index.mjs'));
  });
});

test('contains the compiled documents beside the code', () => {
  expect(JSON.parse(read('auth', 'policy.json'))).toEqual(compilePolicy(configuration));
  expect(JSON.parse(read('revocation', 'token-policy.json'))).toEqual(compileTokenPolicy(configuration));
  expect(JSON.parse(read('aggregation', 'compositions.json'))).toEqual(compileCompositions(configuration));
});
