import type { ScriptCall } from './script-runner.ts';
import type { Check, CheckState, StoreAnswer, StoreCall, Verdict } from './store.ts';

const verdicts: readonly Verdict[] = ['passed', 'refused', 'never'];

/** Writes a call for the script of `script.ts`, or for its twin in memory. */
export function encodeCall({ caller, checks }: StoreCall): ScriptCall {
  return {
    keys: checks.map(({ kind, name }) => `gh:{${caller}}:${kind}:${name}`),
    args: checks.flatMap(encodeCheck),
  };
}

/**
 * Whole microseconds between two requests of a rate, rounded up, so that a limit never admits more than it says. At
 * a thousand requests a second the rounding costs the caller less than a thousandth.
 */
export function emissionIntervalMicroseconds(rate: { requests: number; periodSeconds: number }): number {
  return Math.ceil((rate.periodSeconds * 1_000_000) / rate.requests);
}

/** Reads the script's reply; undefined when it is not one. */
export function decodeReply(reply: unknown, checks: number): StoreAnswer | undefined {
  if (!isIntegers(reply) || reply.length !== 1 + 4 * checks) return undefined;
  const states: CheckState[] = [];
  for (let at = 1; at < reply.length; at += 4) {
    const [word = -1, remaining = 0, resetMicroseconds = 0, retryMicroseconds = 0] = reply.slice(at, at + 4);
    const verdict = verdicts[word];
    if (verdict === undefined) return undefined;
    states.push({ verdict, remaining, resetMicroseconds, retryMicroseconds });
  }
  return { kind: 'answered', admitted: reply[0] === 1, states };
}

function encodeCheck(check: Check): string[] {
  return check.kind === 'rate'
    ? ['rate', `${emissionIntervalMicroseconds(check)}`, `${check.burst}`, `${check.cost}`]
    : ['quota', `${check.perMonth}`, `${check.cost}`];
}

function isIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
}
