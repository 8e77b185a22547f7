import type { Script, ScriptCall, Scripts } from '../../runtime/limit-store/script-runner.ts';
import type { Queries } from '../platform/database/database.ts';
import { UnavailableError } from '../platform/unavailable.ts';
import {
  holdStockScript,
  loadStockScript,
  readStockScript,
  settleStockScript,
} from './stock/stock-scripts.ts';
import { holdSeconds, holdStepSeconds, type StockLevel, type StockLine, type StockState } from './stock.ts';
import { type StoredStock, storedStock } from './stock-store.ts';

/** The outcome of taking a hold in the limit store. */
export type TakeOutcome =
  | { readonly kind: 'held'; readonly expiresAtMs: number; readonly levels: readonly StockLevel[] }
  /** Not enough stock of these products, or unknown products; nothing is held. */
  | {
      readonly kind: 'short';
      readonly levels: readonly StockLevel[];
      readonly productIds: readonly string[];
    };

/**
 * Grants holds in the limit store: one atomic step for all lines. Stock that the limit store has lost is loaded from the
 * database.
 *
 * Every method rejects with an `UnavailableError` while the limit store is unavailable.
 */
export interface StockHolds {
  /**
   * @param leastSeconds a hold that exists but ends sooner is taken again.
   * @param tables the database, or the caller's transaction, to load lost stock from.
   */
  take(id: string, lines: readonly StockLine[], leastSeconds: number, tables: Queries): Promise<TakeOutcome>;
  /** Ends the hold with this expiry, and writes the current stock. May be repeated. */
  settle(id: string, expiresAtMs: number, lines: readonly (StockLine & StockState)[]): Promise<void>;
  /** Writes the current stock. */
  load(stock: StoredStock): Promise<StockLevel>;
  /** Null for an unknown product. */
  level(productId: string): Promise<StockLevel | null>;
}

/** @param copy the name of the limit store's copy of the stock. It is the hash tag of all keys, for scripts on several keys. */
export function createStockHolds(scripts: Scripts, database: Queries, copy: string): StockHolds {
  const productKey = (productId: string) => `gh:{stock:${copy}}:product:${productId}`;
  const holdKey = (id: string) => `gh:{stock:${copy}}:hold:${id}`;
  const run = async <Reply>(script: Script, call: ScriptCall, decode: (reply: unknown) => Reply) => {
    const outcome = await scripts.run(script, call, (reply) => ({ decoded: decode(reply) }));
    if (outcome.kind === 'failed') throw new UnavailableError(`The limit store failed: ${outcome.reason}`);
    return outcome.reply.decoded;
  };

  const load: StockHolds['load'] = async ({ productId, version, units, holds }) => {
    const call = {
      keys: [productKey(productId), ...holds.map(({ id }) => holdKey(id))],
      args: [
        version,
        units,
        ...holds.flatMap(({ expiresAtMs, quantity }) => [expiresAtMs * 1_000, quantity]),
      ].map(String),
    };
    return levelOf(productId, (await run(loadStockScript, call, (reply) => reply)) as RawLevel);
  };
  const loadAll = async (tables: Queries, productIds: readonly string[]) =>
    await Promise.all((await storedStock(tables, productIds)).map(load));

  return {
    load,
    async take(id, lines, leastSeconds, tables) {
      const call = {
        keys: [holdKey(id), ...lines.map(({ productId }) => productKey(productId))],
        args: [
          ...[holdSeconds, holdStepSeconds, leastSeconds].map(microseconds),
          ...lines.map(({ quantity }) => `${quantity}`),
        ],
      };
      const named = (indexes: readonly number[]) => indexes.flatMap((index) => lines[index]?.productId ?? []);
      const hold = () => run(holdStockScript, call, (reply) => reply as RawHold);
      let reply = await hold();
      if (reply[0] === 2) {
        const unknown = await loadMissing(tables, named(reply[1]));
        if (unknown.length > 0) return { kind: 'short', levels: [], productIds: unknown };
        reply = await hold();
        if (reply[0] === 2)
          throw new UnavailableError('The limit store lost the stock right after it was loaded.');
      }
      if (reply[0] === 0) {
        const productIds = named(reply[1]);
        const levels = await Promise.all(productIds.map((productId) => read(productId)));
        return { kind: 'short', productIds, levels: levels.filter((level) => level !== null) };
      }
      const [, ends, levels] = reply;
      return {
        kind: 'held',
        expiresAtMs: ends / 1_000,
        levels: lines.map(({ productId }, index) => levelOf(productId, levels[index] ?? [0, 0])),
      };
    },
    async settle(id, expiresAtMs, lines) {
      const call = {
        keys: [holdKey(id), ...lines.map(({ productId }) => productKey(productId))],
        args: [
          expiresAtMs * 1_000,
          ...lines.flatMap(({ quantity, version, units }) => [quantity, version, units]),
        ].map(String),
      };
      await run(settleStockScript, call, (reply) => reply);
    },
    level: async (productId) => (await read(productId)) ?? (await loadAll(database, [productId]))[0] ?? null,
  };

  /** Loads products from the database. @returns the products that do not exist. */
  async function loadMissing(tables: Queries, missing: readonly string[]): Promise<string[]> {
    const loaded = new Set((await loadAll(tables, missing)).map(({ productId }) => productId));
    return missing.filter((productId) => !loaded.has(productId));
  }

  async function read(productId: string): Promise<StockLevel | null> {
    const call = { keys: [productKey(productId)], args: [] };
    const reply = (await run(readStockScript, call, (raw) => raw)) as RawLevel | null;
    return reply === null ? null : levelOf(productId, reply);
  }
}

type RawLevel = readonly [available: number, reserved: number];
type RawHold =
  | readonly [0, short: readonly number[]]
  | readonly [2, missing: readonly number[]]
  | readonly [1, endsMicroseconds: number, levels: readonly RawLevel[]];

const microseconds = (seconds: number) => `${seconds * 1_000_000}`;

function levelOf(productId: string, [available, reserved]: RawLevel): StockLevel {
  return { productId, available, reserved };
}
