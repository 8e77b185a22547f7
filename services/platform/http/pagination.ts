import * as z from 'zod';
import { malformedValue } from './input.ts';

const limitError = 'Give a whole number from 1 to 100.';
const cursorError = 'Give the nextCursor of the previous page, unchanged.';

/** Patterns of sort keys of pages, without anchors. */
export const pageKeys = {
  /** An id. */
  id: /[A-Za-z0-9][A-Za-z0-9._:-]{0,127}/,
  /** A time (ISO 8601, UTC) and an id, for lists sorted by time. */
  age: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Za-z0-9][A-Za-z0-9._:-]{0,127}/,
} as const;

/**
 * The query parameters `limit` and `cursor` of a list. A cursor is opaque to callers; it comes from the previous page.
 *
 * @param key the pattern of the sort keys of the list. A cursor with another key is malformed.
 */
export const pageQuery = (key: RegExp) => ({
  limit: z.coerce
    .number({ error: limitError })
    .int(limitError)
    .min(1, limitError)
    .max(100, limitError)
    .default(20),
  cursor: z
    .string({ error: cursorError })
    .transform((cursor, context) => {
      const read = readCursor(cursor, key);
      if (read !== null) return read;
      context.addIssue({ code: 'custom', message: cursorError, params: malformedValue });
      return z.NEVER;
    })
    .optional(),
});

/** The length of the cursor of a 256-byte key. */
const maxCursorCharacters = 344;

function readCursor(cursor: string, pattern: RegExp): string | null {
  if (cursor.length > maxCursorCharacters) return null;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (writeCursor(key) !== cursor || !new RegExp(`^(?:${pattern.source})$`).test(key)) return null;
  const [time] = /^\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(key) ?? [];
  return time === undefined || isTime(time) ? key : null;
}

const writeCursor = (key: string) => Buffer.from(key).toString('base64url');

/** Whether the date and the time exist. */
function isTime(time: string): boolean {
  const date = new Date(time);
  return !Number.isNaN(date.getTime()) && date.toISOString() === time;
}

/** A page of a list: at most `limit` items after the one with the sort key `cursor`. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page of a list. `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/**
 * A page of items that are sorted by `keyOf` (code units) in the given direction. Pages are found by key, not by position,
 * so that items added or deleted between two pages do not repeat or hide other items.
 */
export function pageOf<T>(
  sorted: readonly T[],
  { limit, cursor }: PageRequest,
  keyOf: (item: T) => string,
  direction: 'ascending' | 'descending' = 'ascending',
): Page<T> {
  const isAfter = (key: string, other: string) => (direction === 'ascending' ? key > other : key < other);
  const rest = cursor === undefined ? sorted : sorted.filter((item) => isAfter(keyOf(item), cursor));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rest.length > items.length && last !== undefined;
  return { items, nextCursor: hasMore ? writeCursor(keyOf(last)) : null };
}

/** Sorts by code units, as `pageOf` compares. */
export function byKey<T>(keyOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
}
