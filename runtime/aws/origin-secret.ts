import { createHash, timingSafeEqual } from 'node:crypto';
import type { RefreshedValue } from '../concurrency/refreshed-value.ts';

/** `unknown`: no value of the secret was ever read, so nothing can be said of the call. */
export type OriginCheck = 'accepted' | 'refused' | 'unknown';

/** Whether a call came through the edge, which adds the secret to every request. */
export interface OriginSecrets {
  /** @param now Milliseconds since the epoch. */
  check(candidate: string, now: number): Promise<OriginCheck>;
}

/**
 * Compares with every live value of the secret. A value that is not known yet may be one that was just rotated in, so
 * it has the values read again, as often as their cool-down allows.
 */
export function createOriginSecrets(values: RefreshedValue<readonly string[]>): OriginSecrets {
  return {
    check: async (candidate, now) => {
      if (candidate === '') return 'refused';
      const known = await values.current(now);
      if (known !== undefined && isOneOf(candidate, known)) return 'accepted';
      await values.refresh(now);
      const anew = await values.current(now);
      if (anew === undefined) return 'unknown';
      return isOneOf(candidate, anew) ? 'accepted' : 'refused';
    },
  };
}

/** In constant time: digests have one length, and every value is compared whatever came before. */
function isOneOf(candidate: string, values: readonly string[]): boolean {
  const digest = digestOf(candidate);
  return values.map((value) => timingSafeEqual(digest, digestOf(value))).includes(true);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
