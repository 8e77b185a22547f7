import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endPartScript,
  leasePartScript,
  readPartScript,
  watchPartScript,
  writePartScript,
} from './part-scripts.ts';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { type ScriptsWithTestClock, scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';

const second = 1_000_000;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;

const partOf = (engine: ScriptsWithTestClock) => ({
  read: (now: number) => engine.run(readPartScript, { keys: ['text'], args: [] }, now),
  write: (now: number, freshSeconds: number, staleSeconds: number, text: string) =>
    engine.run(
      writePartScript,
      { keys: ['text', 'lease'], args: [`${freshSeconds * second}`, `${staleSeconds * second}`, text] },
      now,
    ),
  lease: (now: number, microseconds: number) =>
    engine.run(leasePartScript, { keys: ['lease'], args: [`${microseconds}`] }, now),
  watch: (now: number) => engine.run(watchPartScript, { keys: ['text', 'end'], args: [] }, now),
  end: (now: number, note: string, drops: boolean) =>
    engine.run(
      endPartScript,
      { keys: ['text', 'lease', 'end'], args: [`${30 * second}`, drops ? '1' : '0', note] },
      now,
    ),
});

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('a cached answer, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follows its rules:', () => {
    const part = partOf(engine);

    test('is fresh, then stale, then gone', async () => {
      expect(await part.read(noon)).toBeNull();
      await part.write(noon, 10, 20, '{"a":1}');
      expect(await part.read(noon)).toEqual([0, 1, '{"a":1}']);
      expect(await part.read(noon + 10 * second - 1)).toEqual([10 * second - 1, 1, '{"a":1}']);
      expect(await part.read(noon + 10 * second)).toEqual([10 * second, 0, '{"a":1}']);
      expect(await part.read(noon + 30 * second - 1)).toEqual([30 * second - 1, 0, '{"a":1}']);
      expect(await part.read(noon + 30 * second)).toBeNull();
    });

    test.each(['', '{"text":"größer 🛒"}', ' 1 2 3 ', 'two\nlines\r\n'])(
      'keeps %j unchanged',
      async (text) => {
        await part.write(noon, 1, 0, text);
        expect(await part.read(noon)).toEqual([0, 1, text]);
      },
    );

    test('admits one request for it, until the answer is written or the lease ends', async () => {
      expect(await part.lease(noon, second)).toBe(1);
      expect(await part.lease(noon + second - 1, second)).toBe(0);
      expect(await part.lease(noon + second, second)).toBe(1);
      await part.write(noon + second, 1, 0, 'x');
      expect(await part.lease(noon + second, second)).toBe(1);
    });

    test('shows waiting callers how a request ended, and when', async () => {
      expect(await part.watch(noon)).toEqual([-1, 0, '', -1, '']);
      await part.write(noon, 1, 9, 'x');
      await part.lease(noon, 5 * second);
      await part.end(noon + 2 * second, '{"status":503}', false);
      expect(await part.watch(noon + 3 * second)).toEqual([3 * second, 0, 'x', second, '{"status":503}']);
      expect(await part.lease(noon + 3 * second, second)).toBe(1);
    });

    test('an end that drops the cached answer leaves nothing, and an end without a note is not recorded', async () => {
      await part.write(noon, 10, 0, 'x');
      await part.end(noon, '', true);
      expect(await part.read(noon)).toBeNull();
      expect(await part.watch(noon)).toEqual([-1, 0, '', -1, '']);
    });

    test('makes an answer no older and holds no lease longer when the clock steps back', async () => {
      await part.write(noon, 10, 0, 'x');
      await part.lease(noon, second);
      expect(await part.read(noon - 60 * second)).toEqual([0, 1, 'x']);
      expect(await part.lease(noon - 60 * second, second)).toBe(1);
    });
  });
});

describe.runIf(hasRedis)(`the scripts of cached answers and their in-memory twins${redisNote}`, () => {
  test('agree on arbitrary histories', async () => {
    const step = fc.record({
      gap: fc.integer({ min: -5 * second, max: 20 * second }),
      what: fc.constantFrom(
        'read' as const,
        'write' as const,
        'lease' as const,
        'watch' as const,
        'end' as const,
      ),
      drops: fc.boolean(),
      fresh: fc.integer({ min: 1, max: 10 }),
      stale: fc.integer({ min: 0, max: 10 }),
      text: fc.string({ unit: 'grapheme' }),
      lease: fc.integer({ min: 1, max: 10 * second }),
    });
    const law = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      await Promise.all([memory.reset(), script.reset()]);
      let now = noon;
      for (const { gap, what, fresh, stale, text, lease, drops } of steps) {
        now += gap;
        const act = (part: ReturnType<typeof partOf>) => {
          if (what === 'read') return part.read(now);
          if (what === 'watch') return part.watch(now);
          if (what === 'end') return part.end(now, text, drops);
          return what === 'write' ? part.write(now, fresh, stale, text) : part.lease(now, lease);
        };
        expect(await act(partOf(script))).toEqual(await act(partOf(memory)));
      }
    });
    await fc.assert(law, { numRuns: 200 });
  });
});
