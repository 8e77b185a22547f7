import { luaScript } from './script-text.ts';

/**
 * The state of webhook deliveries in the limit store. A delivery is `WORD UNTIL_US`, the word being `done` or
 * the token of its owner. The backlog of an order key is `UNTIL_US` and the events of that key that wait in
 * the fallback queue: while it exists, no later event of the key may bypass the queue. Expired state means
 * the same as missing state.
 */

/**
 * KEYS: the delivery's, its order key's backlog. ARGV: `OWNER LEASE_US`. Reply: 0, 0 and whether the key has
 * a backlog, to the caller that owns the delivery now; 1 and the microseconds of another owner's lease; 2
 * when it is done. A lease further ahead than possible (the clock stepped back) has ended.
 */
export const claimDeliveryScript = luaScript(`
local lease = tonumber(ARGV[2])
local word, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%d+)$')
local left = tonumber(ends or '0') - now
if word == 'done' and left > 0 then return { 2, 0, 0 } end
if left > 0 and left <= lease then return { 1, left, 0 } end
keep(KEYS[1], string.format('%s %.0f', ARGV[1], now + lease), lease)
local waits = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+)')
return { 0, 0, tonumber(waits or '0') > now and 1 or 0 }
`);

/** KEYS: the delivery's. ARGV: `KEEP_US`. The event is stored, whoever owns the delivery. Reply: 1. */
export const finishDeliveryScript = luaScript(`
local term = tonumber(ARGV[1])
keep(KEYS[1], string.format('done %.0f', now + term), term)
return 1
`);

/** KEYS: the delivery's. ARGV: `OWNER`. Reply: 1 when this owner held it and it is free now, otherwise 0. */
export const releaseDeliveryScript = luaScript(`
local word = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ')
if word ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`);

/**
 * The prefix of both backlog scripts: the waiting events except this one, and until when they are remembered.
 */
const backlog = `
local waiting, ends = {}, 0
for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do
  if ends == 0 then
    ends = tonumber(word)
    if ends <= now then break end
  elseif word ~= ARGV[1] then
    waiting[#waiting + 1] = word
  end
end
`;

/** KEYS: the backlog's. ARGV: `EVENT KEEP_US`. Reply: how many events wait now. */
export const enterBacklogScript = luaScript(
  backlog,
  `
local term = tonumber(ARGV[2])
waiting[#waiting + 1] = ARGV[1]
keep(KEYS[1], string.format('%.0f ', now + term) .. table.concat(waiting, ' '), term)
return #waiting
`,
);

/** KEYS: the backlog's. ARGV: `EVENT`. Reply: how many events still wait. */
export const leaveBacklogScript = luaScript(
  backlog,
  `
if #waiting == 0 then
  redis.call('DEL', KEYS[1])
else
  keep(KEYS[1], string.format('%.0f ', ends) .. table.concat(waiting, ' '), ends - now)
end
return #waiting
`,
);
