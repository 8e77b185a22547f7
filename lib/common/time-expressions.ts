/** Parsers of the times and durations that people write. Pure: the reference time is an argument. */

const secondsOf = { s: 1n, m: 60n, h: 3_600n, d: 86_400n } as const;
/** A hundred years: a longer duration is a typing error. */
const maxDurationSeconds = 36_525 * 86_400;

/** Seconds of `30s`, `15m`, `1.5h` or `7d`; undefined for other text, or for a fraction of a second. */
export function parseDuration(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,10}(?:\.\d{1,9})?)([smhd])$/.exec(text) ?? [];
  const seconds = amount === '' ? undefined : wholeProduct(amount, secondsOf[unit as keyof typeof secondsOf]);
  return seconds === undefined || seconds > maxDurationSeconds ? undefined : seconds;
}

/**
 * Product of a decimal number and an integer, exactly; undefined if it is not an integer, or not a safe integer. Binary
 * fractions would make 4.1 million 4,099,999.9999999995.
 *
 * @param decimal digits, with or without a decimal point.
 */
export function wholeProduct(decimal: string, factor: bigint): number | undefined {
  const [whole = '', fraction = ''] = decimal.split('.');
  const scaled = BigInt(whole + fraction) * factor;
  const scale = 10n ** BigInt(fraction.length);
  const product = Number(scaled / scale);
  return scaled % scale === 0n && Number.isSafeInteger(product) ? product : undefined;
}

/**
 * Milliseconds since 1970 of a date (midnight UTC) or of an instant with offset (RFC 3339, seconds optional); undefined if
 * the date or the time does not exist. `Date.parse` would turn 30 February into March.
 */
export function parseInstant(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|([+-])(\d{2}):(\d{2})))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const field = (index: number) => Number(match[index] ?? 0);
  const [year, month, day] = [field(1), field(2), field(3)];
  const isDate = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  const isTime = field(4) < 24 && field(5) < 60 && field(6) < 60 && field(9) < 24 && field(10) < 60;
  if (!isDate || !isTime) return undefined;
  const at = Date.parse(match[4] === undefined ? `${text}T00:00:00Z` : text);
  // An offset may move the instant out of the four-digit years.
  return at >= 0 && at < Date.UTC(10_000, 0) ? at : undefined;
}

/** Format of instants in runtime policies and tables: UTC, without a zero fraction. */
export function formatInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return isLeapYear ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
