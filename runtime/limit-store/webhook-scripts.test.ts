import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { type ScriptsWithTestClock, scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import {
  claimDeliveryScript,
  enterBacklogScript,
  finishDeliveryScript,
  leaveBacklogScript,
  releaseDeliveryScript,
} from './webhook-scripts.ts';

const second = 1_000_000;
const lease = 15 * second;
const term = 100 * second;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;

const deliveryOf = (twins: ScriptsWithTestClock) => ({
  claim: (now: number, owner: string) =>
    twins.run(claimDeliveryScript, { keys: ['event', 'backlog'], args: [owner, `${lease}`] }, now),
  finish: (now: number) => twins.run(finishDeliveryScript, { keys: ['event'], args: [`${term}`] }, now),
  release: (now: number, owner: string) =>
    twins.run(releaseDeliveryScript, { keys: ['event'], args: [owner] }, now),
  enter: (now: number, event: string) =>
    twins.run(enterBacklogScript, { keys: ['backlog'], args: [event, `${term}`] }, now),
  leave: (now: number, event: string) =>
    twins.run(leaveBacklogScript, { keys: ['backlog'], args: [event] }, now),
});

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('a delivery, $name', ({ twins, runs }) => {
  describe.runIf(runs)('holds its law:', () => {
    const delivery = deliveryOf(twins);

    test('one at a time has it in hand, until the lease is over', async () => {
      expect(await delivery.claim(noon, 'a')).toEqual([0, 0, 0]);
      expect(await delivery.claim(noon + second, 'b')).toEqual([1, lease - second, 0]);
      expect(await delivery.claim(noon + lease - 1, 'b')).toEqual([1, 1, 0]);
      expect(await delivery.claim(noon + lease, 'b')).toEqual([0, 0, 0]);
      expect(await delivery.claim(noon + lease, 'a')).toEqual([1, lease, 0]);
    });

    test('a finished one stays so for its term', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.finish(noon)).toBe(1);
      expect(await delivery.claim(noon + term - 1, 'b')).toEqual([2, 0, 0]);
      expect(await delivery.release(noon, 'a')).toBe(0);
      expect(await delivery.claim(noon + term, 'b')).toEqual([0, 0, 0]);
    });

    test('only who has it in hand releases it, and then it is free at once', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.release(noon, 'b')).toBe(0);
      expect(await delivery.claim(noon, 'b')).toEqual([1, lease, 0]);
      expect(await delivery.release(noon, 'a')).toBe(1);
      expect(await delivery.claim(noon, 'b')).toEqual([0, 0, 0]);
    });

    test('a clock that steps back holds no lease longer', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.claim(noon - 60 * second, 'b')).toEqual([0, 0, 0]);
    });

    test('its order key has a backlog until the last one that waits has left', async () => {
      expect(await delivery.enter(noon, 'one')).toBe(1);
      expect(await delivery.enter(noon, 'two')).toBe(2);
      expect(await delivery.enter(noon, 'two')).toBe(2);
      expect(await delivery.claim(noon, 'a')).toEqual([0, 0, 1]);
      expect(await delivery.leave(noon, 'two')).toBe(1);
      expect(await delivery.leave(noon, 'other')).toBe(1);
      await delivery.release(noon, 'a');
      expect(await delivery.claim(noon, 'a')).toEqual([0, 0, 1]);
      expect(await delivery.leave(noon, 'one')).toBe(0);
      await delivery.release(noon, 'a');
      expect(await delivery.claim(noon, 'a')).toEqual([0, 0, 0]);
    });

    test('a backlog that nobody adds to is forgotten after its term', async () => {
      await delivery.enter(noon, 'one');
      expect(await delivery.claim(noon + term, 'a')).toEqual([0, 0, 0]);
      expect(await delivery.enter(noon + term, 'two')).toBe(1);
    });
  });
});

describe.runIf(hasRedis)(`the scripts of deliveries and their twins${redisNote}`, () => {
  test('agree on arbitrary histories', async () => {
    const step = fc.record({
      gap: fc.integer({ min: -5 * second, max: 40 * second }),
      what: fc.constantFrom(
        'claim' as const,
        'finish' as const,
        'release' as const,
        'enter' as const,
        'leave' as const,
      ),
      who: fc.constantFrom('a', 'b', 'c'),
    });
    const law = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      await Promise.all([memory.reset(), script.reset()]);
      let now = noon;
      for (const { gap, what, who } of steps) {
        now += gap;
        const act = (delivery: ReturnType<typeof deliveryOf>) => delivery[what](now, who);
        expect(await act(deliveryOf(script))).toEqual(await act(deliveryOf(memory)));
      }
    });
    await fc.assert(law, { numRuns: 200 });
  });
});
