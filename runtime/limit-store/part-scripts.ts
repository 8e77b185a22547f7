import { luaScript } from './script-text.ts';

/**
 * The cache of services' answers. A text is kept as `WRITTEN_US FRESH_US STALE_US TEXT`, from which its
 * expiry follows; a lease is its deadline; the end of a request without a text to keep is `ENDED_US NOTE`,
 * for callers that wait for it. A time further ahead than possible (the clock stepped back) counts as now.
 */

/** KEYS: the text's. Reply: nothing, or its age in microseconds, 1 while it is fresh, and the text. */
export const readPartScript = luaScript(`
local written, fresh, stale, text = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+) (.*)$')
if not written then return false end
local age = math.max(now - tonumber(written), 0)
if age >= tonumber(fresh) + tonumber(stale) then return false end
return { age, age < tonumber(fresh) and 1 or 0, text }
`);

/** KEYS: the text's, its lease's. ARGV: `FRESH_US STALE_US TEXT`. Ends the lease. Reply: 1. */
export const writePartScript = luaScript(`
local fresh, stale = tonumber(ARGV[1]), tonumber(ARGV[2])
keep(KEYS[1], string.format('%.0f %.0f %.0f ', now, fresh, stale) .. ARGV[3], fresh + stale)
redis.call('DEL', KEYS[2])
return 1
`);

/**
 * Read by callers that wait for another caller's request.
 * KEYS: the text's, the end's. Reply: the age in microseconds, 1 while it is fresh, and the text; then the
 * age of the end and its note. An age is -1 when the value is missing.
 */
export const watchPartScript = luaScript(`
local reply = { -1, 0, '', -1, '' }
local written, fresh, stale, text = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+) (.*)$')
if written then
  local age = math.max(now - tonumber(written), 0)
  if age < tonumber(fresh) + tonumber(stale) then
    reply[1], reply[2], reply[3] = age, age < tonumber(fresh) and 1 or 0, text
  end
end
local ended, note = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (.*)$')
if ended then reply[4], reply[5] = math.max(now - tonumber(ended), 0), note end
return reply
`);

/**
 * Ends a request that brought nothing to keep, and its lease.
 * KEYS: the text's, its lease's, the end's. ARGV: `TERM_US DROP NOTE`, DROP being 1 when the cached text is
 * wrong now. An end without a note is not recorded. Reply: 1.
 */
export const endPartScript = luaScript(`
if ARGV[2] == '1' then redis.call('DEL', KEYS[1]) end
redis.call('DEL', KEYS[2])
if ARGV[3] ~= '' then keep(KEYS[3], string.format('%.0f ', now) .. ARGV[3], tonumber(ARGV[1])) end
return 1
`);

/** KEYS: the lease's. ARGV: `LEASE_US`. Reply: 1 to the caller that gets it, 0 while another holds it. */
export const leasePartScript = luaScript(`
local lease = tonumber(ARGV[1])
local left = tonumber(redis.call('GET', KEYS[1]) or '0') - now
if left > 0 and left <= lease then return 0 end
keep(KEYS[1], string.format('%.0f', now + lease), lease)
return 1
`);
