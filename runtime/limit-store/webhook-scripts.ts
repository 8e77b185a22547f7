import { luaScript } from './script-text.ts';

/**
 * What the store remembers of webhooks. A delivery is `WORD UNTIL_US`, the word being `done` or the token of who has it
 * in hand. The backlog of an order key is `UNTIL_US` and the events of that key that wait in the fallback queue: as long
 * as there is one, no later event of the key may go around the queue. What is over means the same as what is not there.
 */

/**
 * KEYS: the delivery's, its order key's backlog. ARGV: `OWNER LEASE_US`. Reply: 0, 0 and whether the key has a backlog,
 * to the one who has the delivery in hand now; 1 and the microseconds for which another has it; 2 when it is done. A
 * lease further ahead than it can be (the clock stepped back) is over.
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

/** KEYS: the delivery's. ARGV: `KEEP_US`. The event is safe, whoever has the delivery in hand. Reply: 1. */
export const finishDeliveryScript = luaScript(`
local term = tonumber(ARGV[1])
keep(KEYS[1], string.format('done %.0f', now + term), term)
return 1
`);

/** KEYS: the delivery's. ARGV: `OWNER`. Reply: 1 where it was in that hand and is free now, otherwise 0. */
export const releaseDeliveryScript = luaScript(`
local word = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ')
if word ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`);

/** What both scripts of the backlog begin with: those that wait but the one, and until when they are remembered. */
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

/** KEYS: the backlog's. ARGV: `EVENT KEEP_US`. Reply: how many wait now. */
export const enterBacklogScript = luaScript(
  backlog,
  `
local term = tonumber(ARGV[2])
waiting[#waiting + 1] = ARGV[1]
keep(KEYS[1], string.format('%.0f ', now + term) .. table.concat(waiting, ' '), term)
return #waiting
`,
);

/** KEYS: the backlog's. ARGV: `EVENT`. Reply: how many wait still. */
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
