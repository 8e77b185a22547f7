import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import { OpsError } from '../commands/ops-error.ts';
import { createFilePolicyStore } from './file-policy-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const named = (version: string): RuntimePolicy => ({ ...emptyRuntimePolicy, version });

test('every former revision can be read, and is what it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { maxLength: 8 }),
      async (versions) => {
        const file = join(mkdtempSync(join(folder, 'run-')), 'current.json');
        const store = createFilePolicyStore(file);
        for (const [index, version] of versions.entries()) {
          expect(await store.replace(named(version), index, 'staged')).toBe('stored');
        }
        expect(await store.current()).toEqual({
          revision: versions.length,
          policy: named(versions.at(-1) ?? 'none'),
        });
        for (const [index, version] of versions.entries()) {
          expect(await store.read(index + 1)).toEqual(named(version));
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('refuses a change that begins from an old revision, and keeps the current one', async () => {
  const file = join(folder, 'current.json');
  const [one, other] = [createFilePolicyStore(file), createFilePolicyStore(file)];
  expect(await one.replace(named('first'), 0, 'staged')).toBe('stored');
  expect(await other.replace(named('late'), 0, 'staged')).toBe('conflict');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(named('first'));
});

test('an edit by hand becomes a revision; a faulty one is refused with the path of the fault', async () => {
  const file = join(folder, 'current.json');
  const store = createFilePolicyStore(file);
  await store.replace(named('first'), 0, 'staged');
  writeFileSync(file, JSON.stringify(named('by-hand')));
  expect(await store.current()).toEqual({ revision: 2, policy: named('by-hand') });
  writeFileSync(file, JSON.stringify({ ...named('worse'), plans: { pro: 1 } }));
  const refused = Promise.resolve().then(() => store.current());
  await expect(refused).rejects.toThrow(OpsError);
  await expect(refused).rejects.toThrow(/plans\.pro/);
});
