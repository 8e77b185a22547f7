import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { byKey, pageKeys, pageOf, pageQuery } from './pagination.ts';

const keyOf = (item: string) => item;
const decode = (cursor: string) => Buffer.from(cursor, 'base64url').toString('utf8');

describe('pageOf', () => {
  test.each(['ascending', 'descending'] as const)(
    'returns every item once over all pages (%s)',
    (direction) => {
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
    },
  );

  test('skips no item when another item is deleted between two pages', () => {
    const first = pageOf(['a', 'b', 'c', 'd'], { limit: 2 }, keyOf);
    const rest = pageOf(['a', 'c', 'd'], { limit: 2, cursor: decode(first.nextCursor ?? '') }, keyOf);
    expect(rest).toEqual({ items: ['c', 'd'], nextCursor: null });
  });
});

describe('a cursor', () => {
  const read = (cursor: string, key: RegExp = pageKeys.age) =>
    z.object(pageQuery(key)).safeParse({ cursor: cursor }).success;
  const written = (key: string) => Buffer.from(key).toString('base64url');

  test('is accepted if it comes from a page', () => {
    expect(read(written('2026-11-30T22:00:00.000Z order-1001'))).toBe(true);
    expect(read(written('aurora-12'), pageKeys.id)).toBe(true);
  });

  test.each([
    ['of another list', written('aurora-12')],
    ['with a NUL', written('2026-11-30T22:00:00.000Z a\0')],
    ['with a date that does not exist', written('2026-02-30T22:00:00.000Z a')],
    ['with a time that does not exist', written('2026-11-30T25:61:00.000Z a')],
    ['with a year out of range', written('+294276-12-31T00:00:00.000Z a')],
    ['with white space around its key', written(' 2026-11-30T22:00:00.000Z a\n')],
    ['that is JSON', written('{"after":1e400}')],
    ['that is empty', ''],
    ['that is not base64url', '+/=='],
    ['with padding', `${written('2026-11-30T22:00:00.000Z a')}=`],
    ['whose bytes are not UTF-8', Buffer.from([0xff, 0xfe]).toString('base64url')],
    ['as long as a page', 'A'.repeat(10_000)],
  ])('is refused: %s', (_, cursor) => {
    expect(read(cursor)).toBe(false);
  });

  test('is refused for any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(read(Buffer.from(bytes).toString('base64url'))).toBe(false);
      }),
    );
  });
});
