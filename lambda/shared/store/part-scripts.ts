import { scriptOf } from './script-text.ts';

/**
 * Kept answers of services. A text is kept as `WRITTEN_US FRESH_US STALE_US TEXT`, and tells by itself when it is over;
 * a lease is its deadline. A time further ahead than it can be (the clock stepped back) counts as now.
 */

/** KEYS: the text's. Reply: nothing, or its age in microseconds, 1 while it is fresh, and the text. */
export const readPartScript = scriptOf(`
local written, fresh, stale, text = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+) (.*)$')
if not written then return false end
local age = math.max(now - tonumber(written), 0)
if age >= tonumber(fresh) + tonumber(stale) then return false end
return { age, age < tonumber(fresh) and 1 or 0, text }
`);

/** KEYS: the text's, its lease's. ARGV: `FRESH_US STALE_US TEXT`. Ends the lease. Reply: 1. */
export const writePartScript = scriptOf(`
local fresh, stale = tonumber(ARGV[1]), tonumber(ARGV[2])
keep(KEYS[1], string.format('%.0f %.0f %.0f ', now, fresh, stale) .. ARGV[3], fresh + stale)
redis.call('DEL', KEYS[2])
return 1
`);

/** KEYS: the lease's. ARGV: `LEASE_US`. Reply: 1 to the one who has it now, 0 while another has. */
export const leasePartScript = scriptOf(`
local lease = tonumber(ARGV[1])
local left = tonumber(redis.call('GET', KEYS[1]) or '0') - now
if left > 0 and left <= lease then return 0 end
keep(KEYS[1], string.format('%.0f', now + lease), lease)
return 1
`);
