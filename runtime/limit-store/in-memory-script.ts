import type { Entries } from './in-memory-limits.ts';

/** What a script replies, as the Redis protocol carries it. */
export type ScriptReply = number | string | null | readonly ScriptReply[];

/**
 * A script on a map in memory.
 *
 * @param nowMicroseconds The store's clock.
 */
export type InMemoryScript = (
  entries: Entries,
  keys: readonly string[],
  args: readonly string[],
  nowMicroseconds: number,
) => ScriptReply;
