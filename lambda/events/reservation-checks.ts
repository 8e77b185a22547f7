import type { BusinessState, RecordedFacts } from './business-state.ts';
import type { Mismatch } from './contract.ts';
import type { Fact } from './facts.ts';
import { type MetricSample, mismatch } from './metric-samples.ts';

/** How long a reservation is held, and how much later its outcome may arrive. */
const holdMinutes = 15;
const graceMinutes = 5;
/** At most an hour's checks per run, after a pause. */
const maxSweep = 60;

export const minuteOf = (timeMs: number) => Math.floor(timeMs / 60_000);

/** When to check a reservation after a newly entered fact; undefined for no check. */
export function checkMinute({ about, name, timeMs }: Fact, known: RecordedFacts): number | undefined {
  if (!about.startsWith('reservation:')) return undefined;
  if (name === 'reserved' && !hasOutcome(known)) return minuteOf(timeMs) + holdMinutes + graceMinutes;
  return name === 'committed' && known.timeOf('reserved') === undefined
    ? minuteOf(timeMs) + graceMinutes
    : undefined;
}

/** A mismatch, as a fact of the reservation. */
export interface Found {
  readonly fact: Fact;
  readonly figures: readonly MetricSample[];
}

/**
 * Runs the due checks up to the last whole minute. Concurrent runs find the same facts, and one of them
 * enters each.
 *
 * @param now Milliseconds since the epoch.
 * @param settle Resolves once the figures are sent and noted; then a minute is done.
 */
export async function sweepReservations(
  state: BusinessState,
  now: number,
  settle: (found: readonly Found[]) => Promise<void>,
): Promise<void> {
  const upTo = minuteOf(now) - 1;
  // Nothing is due sooner than in a minute, so the first run finds every check.
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
