import { luaScript } from '../../../runtime/limit-store/script-text.ts';

/**
 * The state of the stock scripts. A product is one string: `VERSION UNITS`, then `ENDS_US:QUANTITY` for each expiry. Holds
 * with the same expiry share one sum, so the length of the string is bounded. Expired sums do not count, whether they are
 * removed or not. A hold is the string `ENDS_US`, and its key expires with it. The lines of a hold never change.
 *
 * The units are a copy of the database. VERSION is the version of the copy; only a later version replaces it. A missing
 * product must be loaded before its units can be held.
 */
const state = `
local term_of_copy = 86400000000

local function stock_of(key)
  local version, units, rest = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)(.*)$')
  if not version then return nil end
  local stock = { key = key, version = tonumber(version), units = tonumber(units), reserved = 0, sums = {} }
  for ends, quantity in string.gmatch(rest, '(%d+):(%d+)') do
    if tonumber(ends) > now then
      stock.sums[#stock.sums + 1] = { tonumber(ends), tonumber(quantity) }
      stock.reserved = stock.reserved + tonumber(quantity)
    end
  end
  return stock
end

local function save(stock)
  local text = string.format('%.0f %.0f', stock.version, stock.units)
  for _, sum in ipairs(stock.sums) do
    if sum[2] > 0 then text = text .. string.format(' %.0f:%.0f', sum[1], sum[2]) end
  end
  keep(stock.key, text, term_of_copy)
end

local function add(stock, ends, quantity)
  stock.reserved = stock.reserved + quantity
  for _, sum in ipairs(stock.sums) do
    if sum[1] == ends then
      sum[2] = sum[2] + quantity
      return
    end
  end
  stock.sums[#stock.sums + 1] = { ends, quantity }
end

local function return_units(stock, ends, quantity)
  for _, sum in ipairs(stock.sums) do
    if sum[1] == ends then
      local given = math.min(quantity, sum[2])
      sum[2] = sum[2] - given
      stock.reserved = stock.reserved - given
    end
  end
end

local function renew(stock, version, units)
  if version > stock.version then stock.version, stock.units = version, units end
end

local function end_of(key) return tonumber(string.match(redis.call('GET', key) or '', '^(%d+)$') or '0') end

local function level_of(stock) return { stock.units - stock.reserved, stock.reserved } end
`;

/**
 * Holds all lines or none. An existing hold stays unchanged if it lasts at least `LEAST_US` longer. Otherwise it is
 * renewed, and its units count as available for the renewal.
 *
 * KEYS: the hold, and the product of each line. ARGV: `TERM_US STEP_US LEAST_US`, and the quantity of each line. A hold
 * expires after its term, at the next multiple of the step. Reply: 0 and the indexes of lines without enough stock; or 1,
 * the expiry, and the available and reserved units of each line; or 2 and the indexes of lines whose product is missing.
 */
export const holdStockScript = luaScript(
  state,
  `
local term, step, least = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stocks, missing, short, levels = {}, {}, {}, {}
for i = 2, #KEYS do
  stocks[i] = stock_of(KEYS[i])
  if not stocks[i] then missing[#missing + 1] = i - 2 end
end
if #missing > 0 then return { 2, missing } end

local ends = end_of(KEYS[1])
if ends - now < math.max(least, 1) then
  for i = 2, #KEYS do
    local quantity = tonumber(ARGV[i + 2])
    return_units(stocks[i], ends, quantity)
    if stocks[i].units - stocks[i].reserved < quantity then short[#short + 1] = i - 2 end
  end
  if #short > 0 then return { 0, short } end
  ends = math.ceil((now + term) / step) * step
  for i = 2, #KEYS do
    add(stocks[i], ends, tonumber(ARGV[i + 2]))
    save(stocks[i])
  end
  keep(KEYS[1], string.format('%.0f', ends), ends - now)
end
for i = 2, #KEYS do levels[i - 1] = level_of(stocks[i]) end
return { 1, ends, levels }
`,
);

/**
 * Ends the hold with this expiry, if it exists, and writes the current stock of each product.
 *
 * KEYS: the hold, and the product of each line. ARGV: `ENDS_US`, and `QUANTITY VERSION UNITS` for each line. Reply: 1 if
 * the hold existed, otherwise 0.
 */
export const settleStockScript = luaScript(
  state,
  `
local ends = tonumber(ARGV[1])
local is_there = ends > now and end_of(KEYS[1]) == ends
for i = 2, #KEYS do
  local stock, at = stock_of(KEYS[i]), 3 * i - 4
  if stock then
    if is_there then return_units(stock, ends, tonumber(ARGV[at])) end
    renew(stock, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]))
    save(stock)
  end
end
if is_there then redis.call('DEL', KEYS[1]) end
return is_there and 1 or 0
`,
);

/**
 * Writes the current stock of a product, and its holds if the product is missing.
 *
 * KEYS: the product, and each hold. ARGV: `VERSION UNITS`, and `ENDS_US QUANTITY` for each hold. Reply: available and
 * reserved units.
 */
export const loadStockScript = luaScript(
  state,
  `
local version, units = tonumber(ARGV[1]), tonumber(ARGV[2])
local stock = stock_of(KEYS[1])
if stock then
  renew(stock, version, units)
else
  stock = { key = KEYS[1], version = version, units = units, reserved = 0, sums = {} }
  for i = 2, #KEYS do
    local ends, quantity = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    if ends > now then
      add(stock, ends, quantity)
      keep(KEYS[i], string.format('%.0f', ends), ends - now)
    end
  end
end
save(stock)
return level_of(stock)
`,
);

/** Reads the stock of a product. KEYS: the product. Reply: available and reserved units, or nil if it is missing. */
export const readStockScript = luaScript(
  state,
  `
local stock = stock_of(KEYS[1])
return stock and level_of(stock)
`,
);
