/**
 * Months of quotas: from a day of one calendar month to the same day of the next, in UTC. A calendar month without that
 * day has its last one instead, and the month after is back on the day: 31 January, 28 February, 31 March.
 */

/**
 * First second after the month that is under way.
 *
 * @param startDay From 1 to 31; 1 is the calendar month.
 */
export function monthEndSeconds(nowSeconds: number, startDay: number): number {
  const { year, month } = calendarMonth(nowSeconds);
  const end = beginsAt(year, month, startDay);
  return end > nowSeconds ? end : beginsAt(year, month + 1, startDay);
}

/** The month under way by the date of its first day: `2026-11`, or `2026-11-15` for one that begins on the 15th. */
export function monthName(nowSeconds: number, startDay: number): string {
  const { year, month } = calendarMonth(nowSeconds);
  const begins = beginsAt(year, month, startDay);
  const date = new Date((begins > nowSeconds ? beginsAt(year, month - 1, startDay) : begins) * 1_000);
  return date.toISOString().slice(0, startDay === 1 ? 7 : 10);
}

function calendarMonth(seconds: number): { readonly year: number; readonly month: number } {
  const date = new Date(seconds * 1_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() };
}

function beginsAt(year: number, month: number, startDay: number): number {
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(startDay, lastDay)) / 1_000;
}
