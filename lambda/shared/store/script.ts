import { createHash } from 'node:crypto';

/**
 * The whole store call as one script: reads every key, judges, and writes only when every check has passed.
 *
 * KEYS: one for each check. ARGV, for each check in turn: `rate INTERVAL BURST COST` with the emission interval in
 * whole microseconds, `quota PER_MONTH COST`, `nonce LIFETIME`, `revoked-before ISSUED` or `revoke BEFORE LIFETIME`,
 * lifetimes in microseconds, instants in seconds.
 * Reply: 1 or 0 for admitted, then for each check: verdict (0 passed, 1 refused, 2 never), remaining, microseconds
 * to the reset, microseconds to the retry.
 *
 * A rate's value is its theoretical arrival time in microseconds; a quota's is `END USED`, the month's end in
 * seconds; a nonce's is the microsecond in which it is forgotten; a revocation's is `BEFORE END`, its instant in
 * seconds and the microsecond in which it is forgotten. A value whose time is over means the same as no value, so each
 * key expires at that moment and no sooner. A rate or quota further ahead than it can be (the clock stepped back, or
 * the limit shrank) is cut to the most it can be, and that cut is written even when the call is refused: otherwise the
 * caller would wait for the clock to catch up.
 *
 * `TIME` in a script that writes needs Redis 5 or later (effects replication); Lua's numbers hold microseconds
 * exactly until the year 2255, but its own number formatting does not, hence `%.0f`.
 */
const source = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local position = 0
local function argument()
  position = position + 1
  return ARGV[position]
end

-- First second of the next month, by the days-from-civil algorithm on years that begin in March.
local function month_end(seconds)
  local day = math.floor(seconds / 86400) + 719468
  local era = math.floor(day / 146097)
  local of_era = day - era * 146097
  local year = math.floor(
    (of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524) - math.floor(of_era / 146096)) / 365
  )
  local function year_start(y)
    return 365 * y + math.floor(y / 4) - math.floor(y / 100)
  end
  local month = math.floor((5 * (of_era - year_start(year)) + 2) / 153)
  local start
  if month == 11 then
    start = year_start(year + 1) + math.floor((year + 1) / 400)
  else
    start = year_start(year) + math.floor((153 * (month + 1) + 2) / 5)
  end
  return (era * 146097 + start - 719468) * 86400
end

local function judge(cost, room, most)
  if cost > most then return 2 end
  if cost > room then return 1 end
  return 0
end

local function rate(held)
  local interval, burst, cost = tonumber(argument()), tonumber(argument()), tonumber(argument())
  local most = interval * burst
  local used = math.max((tonumber(held) or now) - now, 0)
  local cut = used > most
  used = math.min(used, most)
  local spend = interval * cost
  local verdict = judge(spend, most - used, most)
  return {
    verdict = verdict, cut = cut, spends = spend > 0,
    take = function() used = used + spend end,
    remaining = function() return math.floor((most - used) / interval) end,
    reset = function() return used end,
    retry = verdict == 1 and used + spend - most or 0,
    value = function() return string.format('%.0f', now + used) end
  }
end

local function quota(held)
  local most, cost = tonumber(argument()), tonumber(argument())
  local ends = month_end(math.floor(now / 1000000))
  local held_ends, used = string.match(held or '', '^(%d+) (%d+)$')
  local live = held_ends and tonumber(held_ends) * 1000000 > now
  local cut = live and tonumber(held_ends) ~= ends
  used = live and tonumber(used) or 0
  local left = ends * 1000000 - now
  local verdict = judge(cost, most - used, most)
  return {
    verdict = verdict, cut = cut, spends = cost > 0,
    take = function() used = used + cost end,
    remaining = function() return math.max(most - used, 0) end,
    reset = function() return left end,
    retry = verdict == 1 and left or 0,
    value = function() return string.format('%.0f %.0f', ends, used) end
  }
end

-- A check that holds something until a time, or asks for what is held.
local function held_for(left, verdict, spends, text)
  return {
    verdict = verdict, spends = spends, retry = 0,
    take = function() end,
    remaining = function() return 0 end,
    reset = function() return left end,
    value = function() return text end
  }
end

local function nonce(held)
  local lifetime = tonumber(argument())
  local left = (tonumber(held) or now) - now
  if left > 0 then return held_for(left, 2) end
  return held_for(lifetime, 0, true, string.format('%.0f', now + lifetime))
end

-- The instant of a revocation and how long it is still remembered.
local function revocation(held)
  local before, ends = string.match(held or '', '^(%d+) (%d+)$')
  local left = (tonumber(ends) or now) - now
  if left > 0 then return tonumber(before), left end
  return 0, 0
end

local function revoked_before(held)
  local issued = tonumber(argument())
  local before, left = revocation(held)
  return held_for(left, issued < before and 2 or 0)
end

local function revoke(held)
  local new_before, lifetime = tonumber(argument()), tonumber(argument())
  local before, left = revocation(held)
  before, left = math.max(before, new_before), math.max(left, lifetime)
  return held_for(left, 0, true, string.format('%.0f %.0f', before, now + left))
end

local judges = {
  rate = rate, quota = quota, nonce = nonce, ['revoked-before'] = revoked_before, revoke = revoke
}

local values = redis.call('MGET', unpack(KEYS))
local checks = {}
local admitted = true
for i = 1, #KEYS do
  local judge_one = judges[argument()]
  if not judge_one then return redis.error_reply('ERR unknown check') end
  local check = judge_one(values[i])
  checks[i] = check
  if check.verdict > 0 then admitted = false end
end

local reply = { admitted and 1 or 0 }
for i, check in ipairs(checks) do
  if admitted then check.take() end
  if check.cut or (admitted and check.spends) then
    redis.call('SET', KEYS[i], check.value(), 'PX', math.ceil(check.reset() / 1000) + 1)
  end
  reply[#reply + 1] = check.verdict
  reply[#reply + 1] = check.remaining()
  reply[#reply + 1] = check.reset()
  reply[#reply + 1] = check.retry
end
return reply
`.trim();

/** The script's text for `EVAL`, and its digest for `EVALSHA`. */
export const takeScript = { source, sha1: createHash('sha1').update(source).digest('hex') } as const;
