import { hash, timingSafeEqual } from 'node:crypto';
import type { RefreshedValue } from '../concurrency/refreshed-value.ts';

/** `unknown`: the secret has never been read, so the check has no result. */
export type OriginCheck = 'accepted' | 'refused' | 'unknown';

/** Whether a call came through the edge, which adds the secret to every request. */
export interface OriginSecrets {
  /** @param now Milliseconds since the epoch. */
  check(candidate: string, now: number): OriginCheck | Promise<OriginCheck>;
}

/**
 * Compares a call's value with every live value of the secret. An unknown value may just have been rotated
 * in, so the check reads the secret again, as often as the cool-down allows.
 */
export function createOriginSecrets(values: RefreshedValue<readonly string[]>): OriginSecrets {
  let live: LiveSecrets | undefined;
  const accepts = (candidate: Buffer, secrets: readonly string[]): boolean => {
    if (live?.secrets !== secrets) live = { secrets, digests: secrets.map(digestOf) };
    return isOneOf(candidate, live.digests);
  };
  const checkFetched = async (candidate: Buffer, now: number): Promise<OriginCheck> => {
    const known = await values.current(now);
    if (known !== undefined && accepts(candidate, known)) return 'accepted';
    await values.refresh(now);
    const refreshed = await values.current(now);
    if (refreshed === undefined) return 'unknown';
    return accepts(candidate, refreshed) ? 'accepted' : 'refused';
  };
  return {
    check: (candidate, now) => {
      if (candidate === '') return 'refused';
      const digest = digestOf(candidate);
      const fresh = values.fresh(now);
      return fresh !== undefined && accepts(digest, fresh) ? 'accepted' : checkFetched(digest, now);
    },
  };
}

/** The live values, each with its digest, which is computed once. */
interface LiveSecrets {
  readonly secrets: readonly string[];
  readonly digests: readonly Buffer[];
}

/** Compares in constant time: digests have equal length, and every one is compared even after a match. */
function isOneOf(candidate: Buffer, digests: readonly Buffer[]): boolean {
  let found = false;
  for (const digest of digests) found = timingSafeEqual(candidate, digest) || found;
  return found;
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
