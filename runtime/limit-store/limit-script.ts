import { createHash } from 'node:crypto';

/** Time in microseconds that one caller has to settle a counter before the next one is asked to. */
export const settleLeaseMicroseconds = 5_000_000;

/**
 * The whole limit-store call as one script: it reads every key, evaluates, and writes only when every check
 * has passed.
 *
 * KEYS: one for each check. ARGV: `take` or `peek`, then for each check in turn, optionally after the word
 * `shadow`: `rate INTERVAL BURST COST` with the emission interval in whole microseconds, `quota START_DAY
 * PER_MONTH COST`, `charge START_DAY END AMOUNT`, `settle START_DAY END AMOUNT`, `nonce LIFETIME`,
 * `revoked-before ISSUED` or `revoke BEFORE LIFETIME`, lifetimes in microseconds, instants in seconds. Reply:
 * 1 or 0 for admitted, then for each check: verdict (0 passed, 1 refused, 2 never), remaining, microseconds
 * to the reset, microseconds to the retry, and 1 for a counter that the caller has to settle.
 *
 * The value of a rate is its theoretical arrival time in microseconds. The value of a quota is `END USED`,
 * the month's end in seconds, and until it is settled a third number, the microsecond from which the next
 * caller is asked to settle. The value of a nonce is the microsecond in which it is forgotten; that of a
 * revocation is `BEFORE END`, its instant in seconds and the microsecond in which it is forgotten. An expired
 * value means the same as no value, so each key expires at that moment and no sooner.
 *
 * A rate or quota further ahead than possible (the clock stepped back, or the limit shrank) is cut to the
 * maximum, and that cut is written even when the call is refused: otherwise the caller would wait for the
 * clock to catch up. The lease of the settling caller is written in the same way.
 *
 * `TIME` in a script that writes needs Redis 5 or later (effects replication). Lua's numbers hold
 * microseconds exactly until the year 2255, but its default number formatting does not, so the script formats
 * with `%.0f`.
 */
const source = `
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local lease = ${settleLeaseMicroseconds}
local position = 0
local function argument()
  position = position + 1
  return ARGV[position]
end

-- Days from the epoch to the first of a month, counted in months of the year 0, by the days-from-civil algorithm.
local function month_start(months)
  local year, month = math.floor(months / 12), months % 12
  if month < 2 then year = year - 1 end
  local of_year = math.floor((153 * ((month + 10) % 12) + 2) / 5)
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400) + of_year - 719468
end

-- The day on which the month that begins on a day of this calendar month does so.
local function begins(months, start_day)
  local first = month_start(months)
  return first + math.min(start_day, month_start(months + 1) - first) - 1
end

-- First second after the month that is under way.
local function month_end(seconds, start_day)
  local day = math.floor(seconds / 86400)
  -- The calendar's mean month; one earlier, because a day may be a little ahead of it.
  local months = 1970 * 12 + math.floor(day / 30.436875) - 1
  while begins(months, start_day) <= day do months = months + 1 end
  return begins(months, start_day) * 86400
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

-- A counter of the month; settle_at is nil once it holds what the month held before it was lost.
local function counter(held, start_day)
  local ends = month_end(math.floor(now / 1000000), start_day)
  local held_ends, used, settle_at = string.match(held or '', '^(%d+) (%d+) ?(%d*)$')
  local live = held_ends and tonumber(held_ends) * 1000000 > now
  local of = {
    ends = ends, left = ends * 1000000 - now, cut = live and tonumber(held_ends) ~= ends, used = 0, settle_at = 0
  }
  if live then of.used, of.settle_at = tonumber(used), tonumber(settle_at) end
  of.value = function()
    if not of.settle_at then return string.format('%.0f %.0f', ends, of.used) end
    return string.format('%.0f %.0f %.0f', ends, of.used, of.settle_at)
  end
  return of
end

local function quota(held)
  local of = counter(held, tonumber(argument()))
  local most, cost = tonumber(argument()), tonumber(argument())
  local verdict = judge(math.max(cost, 1), most - of.used, most)
  -- A lease further ahead than it can be is of a clock that has stepped back.
  local unsettled = of.settle_at and (of.settle_at <= now or of.settle_at > now + lease)
  if unsettled then of.settle_at = now + lease end
  return {
    verdict = verdict, cut = of.cut or unsettled, spends = cost > 0, unsettled = unsettled,
    take = function() of.used = of.used + cost end,
    remaining = function() return math.max(most - of.used, 0) end,
    reset = function() return of.left end,
    retry = verdict == 1 and of.left or 0,
    value = of.value
  }
end

-- A counter that is added to, whatever it holds.
local function added(of, amount, take)
  return {
    verdict = 0, cut = of.cut, spends = true, retry = 0, take = take,
    remaining = function() return amount end,
    reset = function() return of.left end,
    value = of.value
  }
end

local function charge(held)
  local of = counter(held, tonumber(argument()))
  local ends, amount = tonumber(argument()), tonumber(argument())
  local missing = of.ends == ends and math.max(amount - of.used, 0) or 0
  return added(of, missing, function() of.used = of.used + missing end)
end

local function settle(held)
  local of = counter(held, tonumber(argument()))
  local ends, amount = tonumber(argument()), tonumber(argument())
  local due = of.settle_at and of.ends == ends
  local missing = due and math.max(amount - of.used, 0) or 0
  return added(of, missing, function()
    of.used = of.used + missing
    if due then of.settle_at = nil end
  end)
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
  rate = rate, quota = quota, charge = charge, settle = settle,
  nonce = nonce, ['revoked-before'] = revoked_before, revoke = revoke
}

local writes = argument() == 'take'
local values = redis.call('MGET', unpack(KEYS))
local checks = {}
local admitted = true
for i = 1, #KEYS do
  local word = argument()
  local shadow = word == 'shadow'
  if shadow then word = argument() end
  local judge_one = judges[word]
  if not judge_one then return redis.error_reply('ERR unknown check') end
  local check = judge_one(values[i])
  checks[i] = check
  if check.verdict > 0 and not shadow then admitted = false end
end

local reply = { admitted and 1 or 0 }
for i, check in ipairs(checks) do
  local taken = writes and admitted and check.verdict == 0
  if taken then check.take() end
  if writes and (check.cut or (taken and check.spends)) then
    redis.call('SET', KEYS[i], check.value(), 'PX', math.ceil(check.reset() / 1000) + 1)
  end
  reply[#reply + 1] = check.verdict
  reply[#reply + 1] = check.remaining()
  reply[#reply + 1] = check.reset()
  reply[#reply + 1] = check.retry
  reply[#reply + 1] = writes and check.unsettled and 1 or 0
end
return reply
`.trim();

/** The script's text for `EVAL`, and its digest for `EVALSHA`. */
export const takeScript = { source, sha1: createHash('sha1').update(source).digest('hex') } as const;
