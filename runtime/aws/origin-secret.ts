import { createHash, timingSafeEqual } from 'node:crypto';
import type { RefreshedValue } from '../concurrency/refreshed-value.ts';

/** `unknown`: the secret has never been read, so the check has no result. */
export type OriginCheck = 'accepted' | 'refused' | 'unknown';

/** Whether a call came through the edge, which adds the secret to every request. */
export interface OriginSecrets {
  /** @param now Milliseconds since the epoch. */
  check(candidate: string, now: number): Promise<OriginCheck>;
}

/**
 * Compares a call's value with every live value of the secret. An unknown value may just have been rotated
 * in, so the check reads the secret again, as often as the cool-down allows.
 */
export function createOriginSecrets(values: RefreshedValue<readonly string[]>): OriginSecrets {
  return {
    check: async (candidate, now) => {
      if (candidate === '') return 'refused';
      const known = await values.current(now);
      if (known !== undefined && isOneOf(candidate, known)) return 'accepted';
      await values.refresh(now);
      const refreshed = await values.current(now);
      if (refreshed === undefined) return 'unknown';
      return isOneOf(candidate, refreshed) ? 'accepted' : 'refused';
    },
  };
}

/** Compares in constant time: digests have equal length, and every value is compared even after a match. */
function isOneOf(candidate: string, values: readonly string[]): boolean {
  const digest = digestOf(candidate);
  return values.map((value) => timingSafeEqual(digest, digestOf(value))).includes(true);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
