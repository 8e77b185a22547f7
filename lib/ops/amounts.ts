import { InvalidArgumentError } from 'commander';

/** Readers of what operators write on the command line. Each throws what commander shows with its option's name. */

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** `150000`, `150000/month`, `150k`, `15GB` or `unlimited`, which is null. */
export function monthlyAmount(text: string): number | null {
  if (text === 'unlimited') return null;
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(k|M|B|kB|MB|GB|TB)?(?:\/month)?$/.exec(text) ?? [];
  const amount = Number(digits) * (units[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(amount) || amount < 1) {
    throw new InvalidArgumentError('Give a whole number, such as 150000, 150k or 15GB, or "unlimited".');
  }
  return amount;
}

/** `+5000` or `5000`. */
export function extraRequests(text: string): number {
  const amount = monthlyAmount(text.replace(/^\+/, ''));
  if (amount === null) throw new InvalidArgumentError('Give a number, such as +5000.');
  return amount;
}

export interface RateText {
  readonly requests: number;
  readonly periodSeconds: number;
}

/** `600/60s`, `600/min` or `10/s`; `none` is null. */
export function rate(text: string): RateText | null {
  if (text === 'none') return null;
  const [, requests, period] = /^(\d+)\/(\d+s|s|min|h)$/.exec(text) ?? [];
  const named: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600 };
  const periodSeconds = named[period ?? ''] ?? Number.parseInt(period ?? '', 10);
  if (requests === undefined || !(periodSeconds >= 1)) {
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

/** `2026-12-01`, which is its beginning in UTC, or an instant of ISO 8601; as an instant in UTC. */
export function instant(text: string): string {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  const at = /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('Give a date or an instant, such as 2026-12-01 or 2026-12-01T12:00:00Z.');
  }
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

/** `30m`, `24h` or `7d`, in seconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit ?? ''] ?? Number.NaN);
  if (!(seconds >= 0)) throw new InvalidArgumentError('Give a time, such as 30m, 24h or 7d.');
  return seconds;
}

/** `a,b c` as its words. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** 1000000 as `1 000 000`; null as `unlimited`. */
export function amountText(amount: number | null): string {
  return amount === null ? 'unlimited' : String(amount).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

/** Bytes in the largest unit that leaves at least one: `15 GB`. */
export function bytesText(bytes: number | null): string {
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
