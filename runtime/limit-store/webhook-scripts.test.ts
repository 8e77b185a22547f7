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

const deliveryOf = (engine: ScriptsWithTestClock) => ({
  claim: (now: number, owner: string) =>
    engine.run(claimDeliveryScript, { keys: ['event', 'backlog'], args: [owner, `${lease}`] }, now),
  finish: (now: number) => engine.run(finishDeliveryScript, { keys: ['event'], args: [`${term}`] }, now),
  release: (now: number, owner: string) =>
    engine.run(releaseDeliveryScript, { keys: ['event'], args: [owner] }, now),
  enter: (now: number, event: string) =>
    engine.run(enterBacklogScript, { keys: ['backlog'], args: [event, `${term}`] }, now),
  leave: (now: number, event: string) =>
    engine.run(leaveBacklogScript, { keys: ['backlog'], args: [event] }, now),
});

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('a delivery, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follows its rules:', () => {
    const delivery = deliveryOf(engine);

    test('has one owner at a time, until the lease ends', async () => {
      expect(await delivery.claim(noon, 'a')).toEqual([0, 0, 0]);
      expect(await delivery.claim(noon + second, 'b')).toEqual([1, lease - second, 0]);
      expect(await delivery.claim(noon + lease - 1, 'b')).toEqual([1, 1, 0]);
      expect(await delivery.claim(noon + lease, 'b')).toEqual([0, 0, 0]);
      expect(await delivery.claim(noon + lease, 'a')).toEqual([1, lease, 0]);
    });

    test('stays done for its term', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.finish(noon)).toBe(1);
      expect(await delivery.claim(noon + term - 1, 'b')).toEqual([2, 0, 0]);
      expect(await delivery.release(noon, 'a')).toBe(0);
      expect(await delivery.claim(noon + term, 'b')).toEqual([0, 0, 0]);
    });

    test('is released only by its owner, and is free at once', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.release(noon, 'b')).toBe(0);
      expect(await delivery.claim(noon, 'b')).toEqual([1, lease, 0]);
      expect(await delivery.release(noon, 'a')).toBe(1);
      expect(await delivery.claim(noon, 'b')).toEqual([0, 0, 0]);
    });

    test('is leased no longer when the clock steps back', async () => {
      await delivery.claim(noon, 'a');
      expect(await delivery.claim(noon - 60 * second, 'b')).toEqual([0, 0, 0]);
    });

    test('has a backlog of its order key until the last waiting event has left', async () => {
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

    test('has a backlog that is forgotten after its term without additions', async () => {
      await delivery.enter(noon, 'one');
      expect(await delivery.claim(noon + term, 'a')).toEqual([0, 0, 0]);
      expect(await delivery.enter(noon + term, 'two')).toBe(1);
    });
  });
});

describe.runIf(hasRedis)(`the scripts of deliveries and their in-memory twins${redisNote}`, () => {
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
