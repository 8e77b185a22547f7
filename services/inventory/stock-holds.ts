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

export type TakeOutcome =
  | { readonly kind: 'held'; readonly expiresAtMs: number; readonly levels: readonly StockLevel[] }
  /** Too little of these, or no such products; nothing is held. */
  | {
      readonly kind: 'short';
      readonly levels: readonly StockLevel[];
      readonly productIds: readonly string[];
    };

/**
 * Who may have how much, decided in the store: one step for all lines, whoever else asks at the same time. What the
 * store has lost is loaded from the tables.
 *
 * All of it rejects with an `UnavailableError` while the store is away.
 */
export interface StockHolds {
  /**
   * @param leastSeconds a hold that is there but ends sooner is taken anew.
   * @param tables where to load from: the transaction of a caller that is in one.
   */
  take(id: string, lines: readonly StockLine[], leastSeconds: number, tables: Queries): Promise<TakeOutcome>;
  /** Ends the hold that was to end at that time, and tells what the stock is now. May be repeated. */
  settle(id: string, expiresAtMs: number, lines: readonly (StockLine & StockState)[]): Promise<void>;
  /** Tells what the stock is now. */
  load(stock: StoredStock): Promise<StockLevel>;
  /** Null if there is no such product. */
  level(productId: string): Promise<StockLevel | null>;
}

/** @param copy what the store's copy is called; in one slot of a cluster, so that one step can take several products. */
export function createStockHolds(scripts: Scripts, database: Queries, copy: string): StockHolds {
  const productKey = (productId: string) => `gh:{stock:${copy}}:product:${productId}`;
  const holdKey = (id: string) => `gh:{stock:${copy}}:hold:${id}`;
  const run = async <Reply>(script: Script, call: ScriptCall, decode: (reply: unknown) => Reply) => {
    const outcome = await scripts.run(script, call, (reply) => ({ decoded: decode(reply) }));
    if (outcome.kind === 'failed') throw new UnavailableError(`The store: ${outcome.reason}`);
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
      const ask = () => run(holdStockScript, call, (reply) => reply as RawHold);
      let reply = await ask();
      if (reply[0] === 2) {
        const missing = named(reply[1]);
        const loaded = await loadAll(tables, missing);
        if (loaded.length < missing.length) {
          const known = new Set(loaded.map(({ productId }) => productId));
          return {
            kind: 'short',
            levels: [],
            productIds: missing.filter((productId) => !known.has(productId)),
          };
        }
        reply = await ask();
        if (reply[0] === 2) throw new UnavailableError('The store: it does not keep the stock');
      }
      if (reply[0] === 0) {
        const levels = await Promise.all(named(reply[1]).map((productId) => read(productId)));
        return {
          kind: 'short',
          productIds: named(reply[1]),
          levels: levels.filter((level) => level !== null),
        };
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
