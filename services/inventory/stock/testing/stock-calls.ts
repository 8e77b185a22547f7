import type { ScriptsWithTestClock } from '../../../../runtime/limit-store/testing/scripts-with-test-clock.ts';
import { holdStockScript, loadStockScript, readStockScript, settleStockScript } from '../stock-scripts.ts';

export const second = 1_000_000;
export const term = 900 * second;
export const step = 5 * second;
/** 2026-11-20T12:00:00Z in microseconds. */
export const noon = Date.UTC(2026, 10, 20, 12) * 1_000;

/** Calls the stock scripts at a given time, in microseconds. */
export const stockOf = (scripts: ScriptsWithTestClock) => ({
  hold: (now: number, id: string, lines: Readonly<Record<string, number>>, least = 0) =>
    scripts.run(
      holdStockScript,
      {
        keys: [`hold:${id}`, ...Object.keys(lines)],
        args: [term, step, least, ...Object.values(lines)].map(String),
      },
      now,
    ),
  settle: (
    now: number,
    id: string,
    ends: number,
    lines: Readonly<Record<string, readonly [number, number, number]>>,
  ) =>
    scripts.run(
      settleStockScript,
      {
        keys: [`hold:${id}`, ...Object.keys(lines)],
        args: [ends, ...Object.values(lines).flat()].map(String),
      },
      now,
    ),
  load: (
    now: number,
    product: string,
    [version, units]: readonly [number, number],
    holds: Readonly<Record<string, readonly [number, number]>> = {},
  ) =>
    scripts.run(
      loadStockScript,
      {
        keys: [product, ...Object.keys(holds).map((id) => `hold:${id}`)],
        args: [version, units, ...Object.values(holds).flat()].map(String),
      },
      now,
    ),
  read: (now: number, product: string) => scripts.run(readStockScript, { keys: [product], args: [] }, now),
});

/** The lines of a hold, which are always the same for one id. */
export const linesOf = (name: string): Readonly<Record<string, number>> =>
  ({ a: { p: 1 }, b: { p: 2, q: 1 }, c: { q: 3 } })[name] ?? { p: 4, q: 4 };
