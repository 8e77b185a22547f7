/**
 * Months of quotas: from a day of one calendar month to the same day of the next, in UTC. A calendar month
 * without that day uses its last day, and the next month uses the day again: 31 January, 28 February, 31
 * March.
 */

/**
 * First second after the current month.
 *
 * @param startDay From 1 to 31; 1 is the calendar month.
 */
export function monthEndSeconds(nowSeconds: number, startDay: number): number {
  return monthAt(nowSeconds, startDay).ends;
}

/**
 * The current month by the date of its first day: `2026-11`, or `2026-11-15` for one that begins on the 15th.
 */
export function monthName(nowSeconds: number, startDay: number): string {
  const { begins } = monthAt(nowSeconds, startDay);
  return new Date(begins * 1_000).toISOString().slice(0, startDay === 1 ? 7 : 10);
}

interface Month {
  readonly begins: number;
  readonly ends: number;
}

/** The last result by start day: the next call is nearly always within the same month. */
const lastMonthByStartDay = new Map<number, Month>();

function monthAt(nowSeconds: number, startDay: number): Month {
  const last = lastMonthByStartDay.get(startDay);
  if (last !== undefined && last.begins <= nowSeconds && nowSeconds < last.ends) return last;
  const date = new Date(nowSeconds * 1_000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const begins = beginsAt(year, month, startDay);
  const found =
    begins > nowSeconds
      ? { begins: beginsAt(year, month - 1, startDay), ends: begins }
      : { begins, ends: beginsAt(year, month + 1, startDay) };
  lastMonthByStartDay.set(startDay, found);
  return found;
}

function beginsAt(year: number, month: number, startDay: number): number {
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(startDay, lastDay)) / 1_000;
}
