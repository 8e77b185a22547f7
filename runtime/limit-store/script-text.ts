import { createHash } from 'node:crypto';
import type { Script } from './script-runner.ts';

/**
 * The prefix of every script: the limit store's clock in whole microseconds, and the only write function,
 * which gives each key a term. `TIME` in a script that writes needs Redis 5 or later (effects replication);
 * Lua's default number formatting does not hold microseconds, so scripts format with `%.0f`.
 */
const opening = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function keep(key, value, microseconds)
  redis.call('SET', key, value, 'PX', math.ceil(microseconds / 1000) + 1)
end
`.trim();

/** Concatenates a script's parts; later parts see the locals of earlier ones. */
export function luaScript(...parts: readonly string[]): Script {
  const source = [opening, ...parts.map((part) => part.trim())].join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
