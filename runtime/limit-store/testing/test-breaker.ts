import { admitScript, reportScript, settleScript } from '../breaker-scripts.ts';
import type { ScriptsWithTestClock } from './scripts-with-test-clock.ts';

export const second = 1_000_000;
/** 2026-11-20T12:00:00Z in microseconds. */
export const noon = Date.UTC(2026, 10, 20, 12) * 1_000;
/**
 * Opens at ten failures in ten seconds that are a fifth of the calls, at most three of one caller; open for
 * 30 s; five probes with leases of 20 s.
 */
const settings = [second, 10, 20, 30 * second, 5, 20 * second, 3].map(String);
export const [closed, probe, open, full] = [0, 1, 2, 3];

export function breakerOf(engine: ScriptsWithTestClock, key = 'breaker') {
  const ask = async (
    script: typeof admitScript,
    now: number,
    caller: string,
    ...args: (number | string)[]
  ) => {
    const call = { keys: [key, `${key}:${caller}`], args: [...settings, ...args.map(String)] };
    return (await engine.run(script, call, now)) as number[];
  };
  let others = 0;
  /** A caller that was not used before. */
  const another = () => {
    others += 1;
    return `c${others}`;
  };
  return {
    another,
    admit: (now: number, successes = 0, caller = another()) =>
      ask(admitScript, now, caller, successes, caller),
    report: (now: number, successes: number, caller = another()) => ask(reportScript, now, caller, successes),
    settle: (now: number, lease: number, outcome: 'passed' | 'failed' | 'unknown', caller = another()) =>
      ask(settleScript, now, caller, lease, outcome, caller),
  };
}
