import * as z from 'zod';

/** `limit` and `cursor` of every list; a cursor is opaque to callers and comes from the answer before. */
export const pageQuery = {
  limit: z.coerce
    .number({ error: 'Give a whole number from 1 to 100.' })
    .int('Give a whole number from 1 to 100.')
    .min(1, 'Give a whole number from 1 to 100.')
    .max(100, 'Give a whole number from 1 to 100.')
    .default(20),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,512}$/, 'Give the nextCursor of the page before, unchanged.')
    .transform((cursor) => Buffer.from(cursor, 'base64url').toString('utf8'))
    .optional(),
};

/** Which part of a list is asked for: at most `limit` items after the one with the key `cursor`. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/**
 * Cuts a page out of items that are sorted by `keyOf` (code units) in the given direction. Goes by key, not by
 * position, so that items which come or go between two pages neither repeat nor hide others.
 */
export function pageOf<T>(
  sorted: readonly T[],
  { limit, cursor }: PageRequest,
  keyOf: (item: T) => string,
  direction: 'ascending' | 'descending' = 'ascending',
): Page<T> {
  const isAfter = (key: string, mark: string) => (direction === 'ascending' ? key > mark : key < mark);
  const rest = cursor === undefined ? sorted : sorted.filter((item) => isAfter(keyOf(item), cursor));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const more = rest.length > items.length && last !== undefined;
  return { items, nextCursor: more ? Buffer.from(keyOf(last)).toString('base64url') : null };
}

/** Sorts by code units, as `pageOf` compares. */
export function byKey<T>(keyOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
}
