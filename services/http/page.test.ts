import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byKey, pageOf } from './page.ts';

const keyOf = (item: string) => item;
const decode = (cursor: string) => Buffer.from(cursor, 'base64url').toString('utf8');

describe('pageOf', () => {
  test.each(['ascending', 'descending'] as const)('pages put together are the list (%s)', (direction) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 8 })),
        fc.integer({ min: 1, max: 7 }),
        (keys, limit) => {
          const sorted = keys.sort(byKey(keyOf));
          if (direction === 'descending') sorted.reverse();
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = pageOf(sorted, { limit, cursor }, keyOf, direction);
            expect(page.items.length).toBeLessThanOrEqual(limit);
            seen.push(...page.items);
            cursor = page.nextCursor === null ? undefined : decode(page.nextCursor);
          } while (cursor !== undefined);
          expect(seen).toEqual(sorted);
        },
      ),
    );
  });

  test('an item that goes between two pages takes no other with it', () => {
    const first = pageOf(['a', 'b', 'c', 'd'], { limit: 2 }, keyOf);
    const rest = pageOf(['a', 'c', 'd'], { limit: 2, cursor: decode(first.nextCursor ?? '') }, keyOf);
    expect(rest).toEqual({ items: ['c', 'd'], nextCursor: null });
  });
});
