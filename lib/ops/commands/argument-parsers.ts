import { InvalidArgumentError } from 'commander';
import { formatInstant, parseDuration, parseInstant, wholeProduct } from '../../common/time-expressions.ts';

/** Parsers of command-line values. Each throws an error that commander shows with the name of the option. */

const units: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 1_000n,
  M: 1_000_000n,
  B: 1n,
  kB: 1_000n,
  MB: 1_000_000n,
  GB: 1_000_000_000n,
  TB: 1_000_000_000_000n,
};

/** Parses `150000`, `150000/month`, `150k`, `4.1M`, `15GB` or `unlimited` (null). */
export function monthlyAmount(text: string): number | null {
  if (text === 'unlimited') return null;
  const [, digits = '0', unit = ''] =
    /^(\d{1,16}(?:\.\d{1,15})?)(k|M|B|kB|MB|GB|TB)?(?:\/month)?$/.exec(text) ?? [];
  const amount = wholeProduct(digits, units[unit] ?? 0n) ?? 0;
  if (amount < 1) {
    throw new InvalidArgumentError('Give a whole number, such as 150000, 150k or 15GB, or "unlimited".');
  }
  return amount;
}

/**
 * Wraps a parser so that one word means null. Commander treats null as a missing value, so the parser returns the word
 * itself, and `orNull` converts it.
 */
export function parseWith<Value, Word extends string>(
  word: Word,
  read: (text: string) => Value | null,
): (text: string) => Value | Word {
  return (text) => read(text) ?? word;
}

/** Converts the word of `parseWith` to null. */
export function orNull<Value>(value: Value): Exclude<Value, string> | null {
  return typeof value === 'string' ? null : (value as Exclude<Value, string>);
}

/** `+5000` or `5000`. */
export function extraRequests(text: string): number {
  const amount = monthlyAmount(text.replace(/^\+/, ''));
  if (amount === null) throw new InvalidArgumentError('Give a number, such as +5000.');
  return amount;
}

export interface ParsedRate {
  readonly requests: number;
  readonly periodSeconds: number;
}

/** Parses `600/60s`, `600/min` or `10/s`; `none` is null. */
export function rate(text: string): ParsedRate | null {
  if (text === 'none') return null;
  const [, requests, period] = /^(\d+)\/(\d+s|s|min|h)$/.exec(text) ?? [];
  const named: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600 };
  const periodSeconds = named[period ?? ''] ?? Number.parseInt(period ?? '', 10);
  const isWhole = /^[1-9]\d{0,14}$/.test(requests ?? '') && Number.isSafeInteger(periodSeconds);
  if (!isWhole || periodSeconds < 1) {
    throw new InvalidArgumentError('Give requests and period, such as 600/min, 10/s or 600/90s, or "none".');
  }
  return { requests: Number(requests), periodSeconds };
}

/** A whole number of at least 1. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Give a whole number of at least 1.');
  return Number(text);
}

/** From 1 to 31. */
export function dayOfMonth(text: string): number {
  const day = count(text);
  if (day > 31) throw new InvalidArgumentError('Give a day from 1 to 31.');
  return day;
}

/** Parses `2026-12-01` (midnight UTC) or an RFC 3339 timestamp to a UTC timestamp. */
export function instant(text: string): string {
  const at = parseInstant(text);
  if (at === undefined) throw new InvalidArgumentError(`${momentRemedy}.`);
  return formatInstant(at);
}

/** Parses `30m`, `24h` or `7d` to seconds. */
export function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Give a duration, such as 30m, 24h or 7d.');
  return seconds;
}

const momentRemedy = 'Give a valid date or timestamp, such as 2026-12-01 or 2026-12-01T12:00:00Z';

/** Parses a timestamp, or a duration from now: `7d`. @param now milliseconds since 1970. */
export function futureInstant(now: () => number): (text: string) => string {
  return (text) => momentOf(text, now(), 1);
}

/**
 * Parses a timestamp, or a duration before now: `2h` is two hours ago. @param now milliseconds since 1970.
 */
export function pastInstant(now: () => number): (text: string) => string {
  return (text) => momentOf(text, now(), -1);
}

function momentOf(text: string, now: number, direction: 1 | -1): string {
  const seconds = parseDuration(text);
  const at = seconds === undefined ? parseInstant(text) : now + direction * seconds * 1_000;
  if (at === undefined || at < 0)
    throw new InvalidArgumentError(`${momentRemedy}, or a duration such as 24h or 7d.`);
  return formatInstant(at);
}

/** Parses a duration, or a future timestamp, to seconds from now. @param now milliseconds since 1970. */
export function secondsFromNow(now: () => number): (text: string) => number {
  return (text) => {
    const at = parseInstant(text);
    const seconds = at === undefined ? parseDuration(text) : Math.ceil((at - now()) / 1_000);
    if (seconds === undefined || seconds < 0) {
      throw new InvalidArgumentError('Give a duration, such as 30m, 24h or 7d, or a future timestamp.');
    }
    return seconds;
  };
}

/** Splits a list such as `a,b c`. */
export function wordList(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** Formats 1000000 as `1 000 000`, and null as `unlimited`. */
export function formatAmount(amount: number | null): string {
  return amount === null ? 'unlimited' : String(amount).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

/** Formats bytes in the largest unit with a value of at least one: `15 GB`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return 'unlimited';
  const [unit, size] = (
    [
      ['TB', 1e12],
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, size]) => bytes >= size) ?? ['B', 1];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
