import type { Entries } from './in-memory-limits.ts';

/** A script's reply, as the Redis protocol carries it. */
export type ScriptReply = number | string | null | readonly ScriptReply[];

/**
 * A script on a map in memory.
 *
 * @param nowMicroseconds The limit store's clock.
 */
export type InMemoryScript = (
  entries: Entries,
  keys: readonly string[],
  args: readonly string[],
  nowMicroseconds: number,
) => ScriptReply;
