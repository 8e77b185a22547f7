import { expect, test } from 'vitest';
import { compileCompositions } from '../../../lib/compile/compositions.ts';
import { loadConfiguration } from '../../../lib/config/index.ts';

test('every composition with GET supports HEAD', () => {
  const { routes } = compileCompositions(loadConfiguration('prod'));
  const reads = Object.entries(routes).filter(
    ([key, { kind }]) => key.startsWith('GET ') && kind !== 'external',
  );
  expect(reads.length).toBeGreaterThan(3);
  for (const [key, composition] of reads) {
    expect([key, routes[key.replace(/^GET /, 'HEAD ')]]).toEqual([key, composition]);
  }
});
