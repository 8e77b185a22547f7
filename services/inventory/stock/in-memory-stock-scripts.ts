/** The scripts of `stock-scripts.ts` for a limit store in memory: same keys, same arguments, same replies. */
import type { Entries } from '../../../runtime/limit-store/in-memory-limits.ts';
import type { InMemoryScript } from '../../../runtime/limit-store/in-memory-script.ts';
import type { InMemoryTwin } from '../../../runtime/limit-store/in-memory-scripts.ts';
import { holdStockScript, loadStockScript, readStockScript, settleStockScript } from './stock-scripts.ts';

const copyMicroseconds = 86_400_000_000;

interface Stock {
  readonly key: string;
  version: number;
  units: number;
  /** Quantities by expiry, in microseconds. */
  readonly sums: Map<number, number>;
}

const holdStockInMemory: InMemoryScript = (entries, [hold = '', ...products], args, now) => {
  const [term = 0, step = 1, least = 0, ...quantities] = args.map(Number);
  const stocks: Stock[] = [];
  const missing: number[] = [];
  for (const [line, key] of products.entries()) {
    const stock = read(entries, key, now);
    if (stock === undefined) missing.push(line);
    else stocks.push(stock);
  }
  if (missing.length > 0) return [2, missing];

  let ends = endOf(entries, hold);
  if (ends - now < Math.max(least, 1)) {
    const short: number[] = [];
    for (const [line, stock] of stocks.entries()) {
      const quantity = quantities[line] ?? 0;
      returnUnits(stock, ends, quantity);
      if (stock.units - reservedOf(stock) < quantity) short.push(line);
    }
    if (short.length > 0) return [0, short];
    ends = Math.ceil((now + term) / step) * step;
    for (const [line, stock] of stocks.entries()) {
      add(stock, ends, quantities[line] ?? 0);
      save(entries, stock, now);
    }
    entries.set(hold, `${ends}`, ends);
  }
  return [1, ends, stocks.map(levelOf)];
};

const settleStockInMemory: InMemoryScript = (entries, [hold = '', ...products], args, now) => {
  const [ends = 0, ...lines] = args.map(Number);
  const isThere = ends > now && endOf(entries, hold) === ends;
  for (const [line, key] of products.entries()) {
    const stock = read(entries, key, now);
    if (stock === undefined) continue;
    const [quantity = 0, version = 0, units = 0] = lines.slice(line * 3, line * 3 + 3);
    if (isThere) returnUnits(stock, ends, quantity);
    renew(stock, version, units);
    save(entries, stock, now);
  }
  if (isThere) entries.set(hold, '', now);
  return isThere ? 1 : 0;
};

const loadStockInMemory: InMemoryScript = (entries, [key = '', ...holds], args, now) => {
  const [version = 0, units = 0, ...rest] = args.map(Number);
  const known = read(entries, key, now);
  const stock = known ?? { key, version, units, sums: new Map<number, number>() };
  if (known !== undefined) renew(known, version, units);
  else {
    for (const [index, hold] of holds.entries()) {
      const [ends = 0, quantity = 0] = rest.slice(index * 2, index * 2 + 2);
      if (ends <= now) continue;
      add(stock, ends, quantity);
      entries.set(hold, `${ends}`, ends);
    }
  }
  save(entries, stock, now);
  return levelOf(stock);
};

const readStockInMemory: InMemoryScript = (entries, [key = ''], _, now) => {
  const stock = read(entries, key, now);
  return stock === undefined ? null : levelOf(stock);
};

/** The stock scripts, for a limit store without Lua. */
export const inMemoryStockScripts: readonly InMemoryTwin[] = [
  { script: holdStockScript, execute: holdStockInMemory },
  { script: settleStockScript, execute: settleStockInMemory },
  { script: loadStockScript, execute: loadStockInMemory },
  { script: readStockScript, execute: readStockInMemory },
];

function read(entries: Entries, key: string, now: number): Stock | undefined {
  const [version = '', units, ...sums] = (entries.get(key) ?? '').split(' ');
  if (version === '') return undefined;
  const live = sums
    .map((sum) => sum.split(':').map(Number) as [number, number])
    .filter(([ends]) => ends > now);
  return { key, version: Number(version), units: Number(units), sums: new Map(live) };
}

function save(entries: Entries, { key, version, units, sums }: Stock, now: number): void {
  const held = [...sums].filter(([, quantity]) => quantity > 0).map((sum) => sum.join(':'));
  entries.set(key, [version, units, ...held].join(' '), now + copyMicroseconds);
}

function add({ sums }: Stock, ends: number, quantity: number): void {
  sums.set(ends, (sums.get(ends) ?? 0) + quantity);
}

function returnUnits({ sums }: Stock, ends: number, quantity: number): void {
  const held = sums.get(ends);
  if (held !== undefined) sums.set(ends, Math.max(held - quantity, 0));
}

function renew(stock: Stock, version: number, units: number): void {
  if (version > stock.version) Object.assign(stock, { version, units });
}

function endOf(entries: Entries, key: string): number {
  return Number(entries.get(key) ?? '');
}

function reservedOf({ sums }: Stock): number {
  return [...sums.values()].reduce((sum, quantity) => sum + quantity, 0);
}

function levelOf(stock: Stock): number[] {
  const reserved = reservedOf(stock);
  return [stock.units - reserved, reserved];
}
