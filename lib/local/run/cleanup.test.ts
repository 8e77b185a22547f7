import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cleanup, RunEnded } from './cleanup.ts';

/** Resolves after the given number of event loop turns. */
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

test('closes parts once in reverse order, also when one throws', async () => {
  const closed: string[] = [];
  const faults: string[] = [];
  const cleanup = new Cleanup((fault) => faults.push(fault));
  for (const name of ['a', 'b', 'c']) {
    await cleanup.open(
      name,
      () => name,
      (opened) => {
        closed.push(opened);
        if (opened === 'b') throw new Error('does not close');
      },
    );
  }
  await Promise.all([cleanup.run(), cleanup.run()]);
  expect(closed).toEqual(['c', 'b', 'a']);
  expect(faults).toEqual(['Error: does not close']);
});

test('starts no part after the run was stopped', async () => {
  const cleanup = new Cleanup();
  await cleanup.run();
  await expect(
    cleanup.open(
      'late',
      () => expect.fail('It was opened.'),
      () => {},
    ),
  ).rejects.toThrow(RunEnded);
});

test('closes all started parts whenever a start is stopped or fails', async () => {
  const stages = fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean(), aside: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(stages, fc.nat(20), async (resources, endAfter) => {
      const open = new Set<number>();
      const order: number[] = [];
      const cleanup = new Cleanup();
      const openOne = (index: number, { turns: time, fails }: { turns: number; fails: boolean }) =>
        cleanup.open(
          String(index),
          async () => {
            await turns(time);
            if (fails) throw new Error('fails');
            open.add(index);
          },
          async () => {
            await turns(1);
            open.delete(index);
            order.push(index);
          },
        );
      const start = async () => {
        const aside: Promise<void>[] = [];
        for (const [index, resource] of resources.entries()) {
          const opening = openOne(index, resource);
          opening.catch(() => {});
          if (resource.aside) aside.push(opening);
          else await opening;
        }
        await Promise.all(aside);
      };
      const started = start().catch(() => cleanup.run());
      await turns(endAfter);
      await cleanup.run();
      await started;
      await turns(8);
      expect([...open]).toEqual([]);
      expect(order).toEqual([...order].sort((one, other) => other - one));
    }),
    { numRuns: 200 },
  );
});
