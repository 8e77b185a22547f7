/** Time of one kind of work, in microseconds. */
export interface Measurement {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  /** Calls per second of one process, by the mean. Absent if calls are not made back to back. */
  readonly perSecond?: number;
  /** Upper limit of the p50, if there is one. */
  readonly barP50?: number;
  readonly barP99?: number;
}

export interface Work {
  readonly name: string;
  /** @param round Starts at 0 and includes the warm-up. */
  readonly run: (round: number) => unknown;
  readonly warmUp: number;
  readonly rounds: number;
  /** Number of calls per round. @default 1 */
  readonly calls?: number;
  readonly barP50?: number;
  readonly barP99?: number;
}

/**
 * Measures works in turn, round by round, so that other load of the machine affects all of them equally and their ratios
 * stay valid.
 */
export async function measure(works: readonly Work[]): Promise<Measurement[]> {
  const samples = works.map((): number[] => []);
  const last = Math.max(...works.map(({ warmUp, rounds }) => warmUp + rounds));
  for (let round = 0; round < last; round += 1) {
    for (const [index, { run, warmUp, rounds, calls = 1 }] of works.entries()) {
      if (round >= warmUp + rounds) continue;
      const start = performance.now();
      await run(round);
      const microseconds = ((performance.now() - start) * 1_000) / calls;
      if (round >= warmUp) samples[index]?.push(microseconds);
    }
  }
  return works.map(({ name, barP50, barP99 }, index) => ({
    name,
    p50: percentile(samples[index] ?? [], 0.5),
    p99: percentile(samples[index] ?? [], 0.99),
    perSecond: 1_000_000 / mean(samples[index] ?? []),
    ...(barP50 === undefined ? {} : { barP50 }),
    ...(barP99 === undefined ? {} : { barP99 }),
  }));
}

/** A table in plain text. Ratios compare the p50 with that of the first line. */
export function tableOf(title: string, measurements: readonly Measurement[]): string {
  const first = measurements[0]?.p50 ?? 1;
  const lines = measurements.map(({ name, p50, p99, perSecond, barP50, barP99 }) =>
    [
      name.padEnd(46),
      `p50 ${p50.toFixed(1).padStart(8)} us${within(p50, barP50)}`,
      `p99 ${p99.toFixed(1).padStart(8)} us${within(p99, barP99)}`,
      perSecond === undefined ? '' : `${perSecond.toFixed(0).padStart(7)}/s`,
      `${(p50 / first).toFixed(2).padStart(6)}x`,
    ].join('  '),
  );
  return [title, ...lines, ''].join('\n');
}

function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function within(value: number, bar: number | undefined): string {
  if (bar === undefined) return '';
  return value < bar ? ` (under ${bar})` : ` (OVER ${bar})`;
}
