import * as z from 'zod';
import { malformedValue } from './input.ts';

const limitError = 'Give a whole number from 1 to 100.';
const cursorError = 'Give the nextCursor of the page before, unchanged.';

/** Keys that pages are cut by. Pieces of regular expressions, without anchors. */
export const pageKeys = {
  /** An id. */
  id: /[A-Za-z0-9][A-Za-z0-9._:-]{0,127}/,
  /** A time (ISO 8601, UTC) and an id: for the newest first. */
  age: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Za-z0-9][A-Za-z0-9._:-]{0,127}/,
} as const;

/**
 * `limit` and `cursor` of a list; a cursor is opaque to callers and comes from the answer before.
 *
 * @param key the form of the keys that this list is cut by; any other cursor is not of this list, and malformed.
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

/** Longest cursor: a key of 256 bytes. */
const maxCursorCharacters = 344;

function readCursor(cursor: string, form: RegExp): string | null {
  if (cursor.length > maxCursorCharacters) return null;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (writeCursor(key) !== cursor || !new RegExp(`^(?:${form.source})$`).test(key)) return null;
  const [time] = /^\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(key) ?? [];
  return time === undefined || isTime(time) ? key : null;
}

const writeCursor = (key: string) => Buffer.from(key).toString('base64url');

/** Whether a time of this form is on the calendar and the clock. */
function isTime(time: string): boolean {
  const date = new Date(time);
  return !Number.isNaN(date.getTime()) && date.toISOString() === time;
}

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
  return { items, nextCursor: more ? writeCursor(keyOf(last)) : null };
}

/** Sorts by code units, as `pageOf` compares. */
export function byKey<T>(keyOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
}
