import { scriptOf } from './script-text.ts';

/**
 * The breaker of one service, as all instances see it. Its state is one text under one key:
 *
 * - `closed` and, for each tenth of the window with outcomes in it, `INDEX:SUCCESSES:FAILURES`. It opens when the
 *   failures of the window are `FAILURES` at least and make up `PERCENT` of its outcomes at least.
 * - `open UNTIL PASSED` and the deadlines of the probes under way, in microseconds. Before UNTIL nobody passes. After
 *   it the breaker is half-open: at most `PROBES` probes, each on a lease; that many that pass close it, one that fails
 *   opens it again, and one that never settles frees its place when its lease ends.
 *
 * No key means closed. What is over means the same as what is not there, so that expiry changes nothing: outcomes of
 * before the window, leases past their deadline, and an open breaker that nobody has asked for twenty times its open
 * time. A time further ahead than it can be (the clock stepped back) is cut to the most it can be.
 *
 * KEYS: the breaker's. ARGV of all three: `BUCKET_US FAILURES PERCENT OPEN_US PROBES LEASE_US`, a bucket being a tenth
 * of the window. Replies begin with 0 closed, 1 a probe may go, 2 open, 3 half-open without a place.
 */
const state = `
local bucket_us, failures, percent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local open_us, probes, lease_us = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local forget_us = 20 * open_us
local bucket = math.floor(now / bucket_us)

local breaker = { open = false, ends = 0, passed = 0, leases = {}, buckets = {} }
local words = {}
for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do words[#words + 1] = word end
if words[1] == 'open' then
  local ends = math.min(tonumber(words[2]), now + open_us)
  if now < ends + forget_us then
    breaker.open, breaker.ends, breaker.passed = true, ends, tonumber(words[3])
    for i = 4, #words do
      local deadline = tonumber(words[i])
      if deadline > now and deadline < now + lease_us + probes then
        breaker.leases[#breaker.leases + 1] = deadline
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
    local text = string.format('open %.0f %.0f', breaker.ends, breaker.passed)
    for _, deadline in ipairs(breaker.leases) do text = text .. string.format(' %.0f', deadline) end
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

local function trip()
  breaker.open, breaker.ends, breaker.passed, breaker.leases = true, now + open_us, 0, {}
end

local function standing()
  if not breaker.open then return { 0, 0 } end
  if now < breaker.ends then return { 2, breaker.ends - now } end
  return { 3, 0 }
end
`;

/**
 * Asks to call, and brings the successes that this instance has not told of yet.
 *
 * ARGV, after the common ones: `SUCCESSES`. Reply: 0; or 1 and the probe's lease; or 2 and the microseconds until
 * probes may go; or 3.
 */
export const admitScript = scriptOf(
  state,
  `
local passed = tonumber(ARGV[7])
if not breaker.open then
  if passed > 0 then
    count(passed, 0)
    save()
  end
  return { 0, 0 }
end
if now < breaker.ends or breaker.passed + #breaker.leases >= probes then return standing() end
local taken = {}
for _, deadline in ipairs(breaker.leases) do taken[deadline] = true end
local lease = now + lease_us
while taken[lease] do lease = lease + 1 end
breaker.leases[#breaker.leases + 1] = lease
save()
return { 1, lease }
`,
);

/**
 * Tells of calls through a closed breaker, one failure at least among them. They count for nothing once it is open.
 *
 * ARGV, after the common ones: `SUCCESSES FAILURES`. Reply: 0; or 2 and the microseconds until probes may go; or 3.
 */
export const reportScript = scriptOf(
  state,
  `
if not breaker.open then
  count(tonumber(ARGV[7]), tonumber(ARGV[8]))
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
 * Ends a probe. One whose lease is over, or is of an earlier opening, counts for nothing.
 *
 * ARGV, after the common ones: `LEASE OUTCOME`, the outcome being `passed`, `failed` or `unknown`, which only gives the
 * place back. Reply: 0; or 2 and the microseconds until probes may go; or 3.
 */
export const settleScript = scriptOf(
  state,
  `
local lease, outcome = tonumber(ARGV[7]), ARGV[8]
local held, others = false, {}
for _, deadline in ipairs(breaker.leases) do
  if deadline == lease then held = true else others[#others + 1] = deadline end
end
if held then
  breaker.leases = others
  if outcome == 'failed' then trip() end
  if outcome == 'passed' then breaker.passed = breaker.passed + 1 end
  if breaker.passed >= probes then breaker.open, breaker.buckets = false, {} end
  save()
end
return standing()
`,
);
