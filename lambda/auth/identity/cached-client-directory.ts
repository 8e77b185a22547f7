import { LruCache } from '../../../runtime/collections/lru.ts';
import type { ClientDirectory, DirectoryResult } from './client-directory.ts';

/** How long a process caches the directory's answers, in milliseconds. */
export interface DirectoryCacheSettings {
  /** A known key. */
  readonly foundMilliseconds: number;
  /** An unknown key: short, so that a new one works soon. */
  readonly unknownMilliseconds: number;
  /** A known key while the directory is unavailable. */
  readonly staleMilliseconds: number;
  /** Maximum entries of each: unknown ones, which anybody can invent, evict no known one. */
  readonly maxKeys: number;
}

export const defaultDirectoryCacheSettings: DirectoryCacheSettings = {
  foundMilliseconds: 60_000,
  unknownMilliseconds: 10_000,
  staleMilliseconds: 15 * 60_000,
  maxKeys: 10_000,
};

/**
 * Longest time until a change in the directory (a suspension, another plan, a removed key) takes effect:
 * `answering` while the directory answers, `unavailable` when it fails just before. A revocation in the limit store
 * takes effect on the next call.
 */
export function maxRevocationDelaySeconds({ foundMilliseconds, staleMilliseconds }: DirectoryCacheSettings) {
  return {
    answering: foundMilliseconds / 1_000,
    unavailable: Math.max(foundMilliseconds, staleMilliseconds) / 1_000,
  };
}

interface CacheEntry {
  readonly answer: DirectoryResult;
  /** Time of the request: the answer may be older, but not newer. */
  readonly requestedAt: number;
}

/**
 * A cache in front of another directory: it makes one look-up for each key at a time, and serves known keys
 * while the directory is unavailable. The directory bounds its own time, and reports at once that it is
 * unavailable.
 *
 * @param now Milliseconds since the epoch.
 */
export function cacheDirectory(
  directory: ClientDirectory,
  now: () => number,
  memory: DirectoryCacheSettings = defaultDirectoryCacheSettings,
): ClientDirectory {
  const found = new LruCache<CacheEntry>(memory.maxKeys);
  const unknown = new LruCache<CacheEntry>(memory.maxKeys);
  const requests = new Map<string, Promise<DirectoryResult>>();

  const recall = (
    of: LruCache<CacheEntry>,
    keyId: string,
    milliseconds: number,
  ): DirectoryResult | undefined => {
    const entry = of.get(keyId);
    // After the clock stepped back, the age is unknown.
    const age = entry === undefined ? -1 : now() - entry.requestedAt;
    return age >= 0 && age < milliseconds ? entry?.answer : undefined;
  };

  const lookUp = async (keyId: string): Promise<DirectoryResult> => {
    const requestedAt = now();
    const answer = await directory.find(keyId);
    if (answer.kind === 'unavailable') return recall(found, keyId, memory.staleMilliseconds) ?? answer;
    const [into, outOf] = answer.kind === 'found' ? [found, unknown] : [unknown, found];
    into.set(keyId, { answer, requestedAt });
    outOf.delete(keyId);
    return answer;
  };

  return {
    find: (keyId) => {
      const entry =
        recall(found, keyId, memory.foundMilliseconds) ?? recall(unknown, keyId, memory.unknownMilliseconds);
      if (entry !== undefined) return Promise.resolve(entry);
      const pending = requests.get(keyId);
      if (pending !== undefined) return pending;
      const lookup = lookUp(keyId).finally(() => requests.delete(keyId));
      requests.set(keyId, lookup);
      return lookup;
    },
  };
}
