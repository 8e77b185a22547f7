import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const sources = ['bin', 'lambda', 'lib', 'runtime', 'services'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file)),
);

test('no deadline depends on a signal that can be garbage-collected', () => {
  expect(sources.length).toBeGreaterThan(300);
  // runtime/concurrency/deadline.ts explains the reason and the alternative.
  const weak = sources.filter((file) =>
    /AbortSignal\.(?:any|timeout)\(/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(weak).toEqual([]);
});
