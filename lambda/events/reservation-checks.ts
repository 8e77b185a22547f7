import type { BusinessState, RecordedFacts } from './business-state.ts';
import type { Mismatch } from './contract.ts';
import type { Fact } from './facts.ts';
import { type MetricSample, mismatch } from './metric-samples.ts';

/** How long a reservation is held, and for how long beyond it an outcome may be on its way. */
const holdMinutes = 15;
const graceMinutes = 5;
/** An hour's checks at a time, after a pause. */
const maxSweep = 60;

export const minuteOf = (timeMs: number) => Math.floor(timeMs / 60_000);

/** When a reservation's item is to be looked at again, because of a fact that was just entered; undefined for not. */
export function checkMinute({ about, name, timeMs }: Fact, known: RecordedFacts): number | undefined {
  if (!about.startsWith('reservation:')) return undefined;
  if (name === 'reserved' && !hasOutcome(known)) return minuteOf(timeMs) + holdMinutes + graceMinutes;
  return name === 'committed' && known.timeOf('reserved') === undefined
    ? minuteOf(timeMs) + graceMinutes
    : undefined;
}

/** A mismatch that was found, as a fact of the reservation. */
export interface Found {
  readonly fact: Fact;
  readonly figures: readonly MetricSample[];
}

/**
 * Looks at what is due and has not been looked at, up to the last whole minute. Whoever else does so at the same time
 * finds the same facts, and one of the two enters them.
 *
 * @param now Milliseconds since the epoch.
 * @param settle Resolves once the figures are sent and noted; then a minute is over.
 */
export async function sweepReservations(
  state: BusinessState,
  now: number,
  settle: (found: readonly Found[]) => Promise<void>,
): Promise<void> {
  const upTo = minuteOf(now) - 1;
  // Nothing is ever due sooner than in a minute, so the first look finds all there is.
  const from = (await state.sweptTo()) ?? upTo - 1;
  for (let minute = from + 1; minute <= Math.min(upTo, from + maxSweep); minute += 1) {
    const due = await state.due(minute);
    const found: Found[] = [];
    for (const about of due) {
      const kind = faultOf(await state.known(about));
      if (kind === undefined) continue;
      const fact = { about, name: kind, timeMs: now };
      if ((await state.enter(fact)) !== undefined) found.push({ fact, figures: mismatch(kind, now) });
    }
    await settle(found);
    for (const about of due) await state.checked(minute, about);
    await state.sweep(minute);
  }
}

function faultOf(known: RecordedFacts): Mismatch | undefined {
  if (known.timeOf('reserved') === undefined) {
    return known.timeOf('committed') === undefined ? undefined : 'without-reservation';
  }
  return hasOutcome(known) ? undefined : 'without-outcome';
}

function hasOutcome(known: RecordedFacts): boolean {
  return ['committed', 'released', 'expired'].some((name) => known.timeOf(name) !== undefined);
}
