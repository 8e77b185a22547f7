import { luaScript } from './script-text.ts';

/**
 * The breaker of one service, shared by all instances. Its state is one text under one key:
 *
 * - `closed` and, for each tenth of the window with outcomes in it, `INDEX:SUCCESSES:FAILURES`. It opens when
 * the
 * failures of the window are at least `FAILURES` and at least `PERCENT` of its outcomes. At most `WEIGHT`
 * failures of
 * one caller count per window: their tenths are a text under the caller's own key, which expires with the
 * window.
 * - `open UNTIL PASSED`, then the caller whose probe failed and until when that counts (`- 0` without one),
 * then the
 * probes in progress, `DEADLINE:CALLER`; times in microseconds. Before UNTIL no call passes. After it the
 * breaker is
 * half-open: at most `PROBES` probes, one for each caller, each with a lease. That many successful probes
 * close it.
 * Failed probes of two callers within `OPEN_US` open it again; a probe that never settles frees its place
 * when its
 * lease ends.
 *
 * So no single caller opens a breaker or keeps it open, and none has more than one place among the probes.
 *
 * A missing key means closed. Expired state equals missing state, so that expiry changes nothing: outcomes
 * before the window, leases past their deadline, and an open breaker that was not used for twenty times its
 * open time. A time further ahead than possible (the clock stepped back) is cut to the maximum.
 *
 * KEYS: the breaker's, and the caller's in it. ARGV of all three: `BUCKET_US FAILURES PERCENT OPEN_US PROBES
 * LEASE_US WEIGHT`, a bucket being a tenth of the window. A CALLER is a word without spaces and colons.
 * Replies begin with 0 closed, 1 a probe may go, 2 open, 3 half-open without a place.
 */
const state = `
local bucket_us, failures, percent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local open_us, probes, lease_us, weight = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local forget_us = 20 * open_us
local bucket = math.floor(now / bucket_us)

local breaker = { open = false, ends = 0, passed = 0, failed_by = '-', failed_until = 0, leases = {}, buckets = {} }
local words = {}
for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do words[#words + 1] = word end
if words[1] == 'open' then
  local ends = math.min(tonumber(words[2]), now + open_us)
  if now < ends + forget_us then
    breaker.open, breaker.ends, breaker.passed = true, ends, tonumber(words[3])
    local failed_until = tonumber(words[5])
    if failed_until > now and failed_until <= now + open_us then
      breaker.failed_by, breaker.failed_until = words[4], failed_until
    end
    for i = 6, #words do
      local deadline, caller = string.match(words[i], '^(%d+):(.*)$')
      deadline = tonumber(deadline)
      if deadline > now and deadline < now + lease_us + probes then
        breaker.leases[#breaker.leases + 1] = { deadline, caller }
      end
    end
  end
else
  for i = 2, #words do
    local index, passed, failed = string.match(words[i], '^(%d+):(%d+):(%d+)$')
    index = tonumber(index)
    if index > bucket - 10 and index <= bucket then
      breaker.buckets[#breaker.buckets + 1] = { index, tonumber(passed), tonumber(failed) }
    end
  end
end

local function save()
  if breaker.open then
    local text = string.format('open %.0f %.0f %s %.0f', breaker.ends, breaker.passed, breaker.failed_by,
      breaker.failed_until)
    for _, lease in ipairs(breaker.leases) do text = text .. string.format(' %.0f:%s', lease[1], lease[2]) end
    keep(KEYS[1], text, breaker.ends + forget_us - now)
  else
    local text = 'closed'
    for _, counted in ipairs(breaker.buckets) do
      text = text .. string.format(' %.0f:%.0f:%.0f', counted[1], counted[2], counted[3])
    end
    keep(KEYS[1], text, 10 * bucket_us)
  end
end

local function count(passed, failed)
  local last = breaker.buckets[#breaker.buckets]
  if not last or last[1] ~= bucket then
    last = { bucket, 0, 0 }
    breaker.buckets[#breaker.buckets + 1] = last
  end
  last[2] = last[2] + passed
  last[3] = last[3] + failed
end

local function weighs()
  local counted = {}
  for index in string.gmatch(redis.call('GET', KEYS[2]) or '', '%d+') do
    index = tonumber(index)
    if index > bucket - 10 and index <= bucket then counted[#counted + 1] = string.format('%.0f', index) end
  end
  if #counted >= weight then return false end
  counted[#counted + 1] = string.format('%.0f', bucket)
  keep(KEYS[2], table.concat(counted, ' '), 10 * bucket_us)
  return true
end

local function trip()
  breaker.open, breaker.ends, breaker.passed, breaker.leases = true, now + open_us, 0, {}
  breaker.failed_by, breaker.failed_until = '-', 0
end

local function standing()
  if not breaker.open then return { 0, 0 } end
  if now < breaker.ends then return { 2, breaker.ends - now } end
  return { 3, 0 }
end
`;

/**
 * Requests a call, and reports the successes that this instance has not reported yet.
 * ARGV, after the common ones: `SUCCESSES CALLER`. Reply: 0; or 1 and the probe's lease; or 2 and the
 * microseconds until probes may go; or 3, also to a caller whose probe failed or is in progress.
 */
export const admitScript = luaScript(
  state,
  `
local passed, caller = tonumber(ARGV[8]), ARGV[9]
if not breaker.open then
  if passed > 0 then
    count(passed, 0)
    save()
  end
  return { 0, 0 }
end
if now < breaker.ends or breaker.passed + #breaker.leases >= probes then return standing() end
if breaker.failed_by == caller then return standing() end
local taken = {}
for _, other in ipairs(breaker.leases) do
  if other[2] == caller then return standing() end
  taken[other[1]] = true
end
local lease = now + lease_us
while taken[lease] do lease = lease + 1 end
breaker.leases[#breaker.leases + 1] = { lease, caller }
save()
return { 1, lease }
`,
);

/**
 * Reports a failure through a closed breaker, and the successes that this instance has not reported yet. They
 * are ignored once it is open.
 * ARGV, after the common ones: `SUCCESSES`. Reply: 0; or 2 and the microseconds until probes may go; or 3.
 */
export const reportScript = luaScript(
  state,
  `
if not breaker.open then
  count(tonumber(ARGV[8]), weighs() and 1 or 0)
  local passed, failed = 0, 0
  for _, counted in ipairs(breaker.buckets) do
    passed = passed + counted[2]
    failed = failed + counted[3]
  end
  if failed >= failures and failed * 100 >= percent * (passed + failed) then trip() end
  save()
end
return standing()
`,
);

/**
 * Ends a probe. A probe whose lease has ended, or that belongs to an earlier opening, is ignored.
 * ARGV, after the common ones: `LEASE OUTCOME CALLER`, the outcome being `passed`, `failed` or `unknown`,
 * which only frees the place. Reply: 0; or 2 and the microseconds until probes may go; or 3.
 */
export const settleScript = luaScript(
  state,
  `
local lease, outcome, caller = tonumber(ARGV[8]), ARGV[9], ARGV[10]
local held, others = false, {}
for _, other in ipairs(breaker.leases) do
  if other[1] == lease then held = true else others[#others + 1] = other end
end
if held then
  breaker.leases = others
  if outcome == 'failed' then
    if breaker.failed_by == '-' or breaker.failed_by == caller then
      breaker.failed_by, breaker.failed_until = caller, now + open_us
    else
      trip()
    end
  end
  if outcome == 'passed' then breaker.passed = breaker.passed + 1 end
  if breaker.passed >= probes then breaker.open, breaker.buckets = false, {} end
  save()
end
return standing()
`,
);
