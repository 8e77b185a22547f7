import { createHash } from 'node:crypto';
import type { Script } from './script-runner.ts';

/**
 * What every script begins with: the store's clock in whole microseconds, and the one way to write, which gives each
 * key a term. `TIME` in a script that writes needs Redis 5 or later (effects replication); Lua's own number formatting
 * does not hold microseconds, hence `%.0f` wherever one becomes text.
 */
const opening = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function keep(key, value, microseconds)
  redis.call('SET', key, value, 'PX', math.ceil(microseconds / 1000) + 1)
end
`.trim();

/** Makes a script of its parts, which see one another's locals in this order. */
export function luaScript(...parts: readonly string[]): Script {
  const source = [opening, ...parts.map((part) => part.trim())].join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
