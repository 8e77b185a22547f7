import { LruCache } from '../../../runtime/collections/lru.ts';
import type { ClientDirectory, DirectoryResult } from './client-directory.ts';

/** How long a process remembers what the directory said, in milliseconds. */
export interface DirectoryCacheSettings {
  /** A key that was found. */
  readonly foundMilliseconds: number;
  /** A key that was not: short, so that a new one works soon. */
  readonly unknownMilliseconds: number;
  /** A key that was found, while the directory is away. */
  readonly staleMilliseconds: number;
  /** How many of each are remembered: unknown ones, which anybody can invent, drive out no known one. */
  readonly maxKeys: number;
}

export const defaultDirectoryCacheSettings: DirectoryCacheSettings = {
  foundMilliseconds: 60_000,
  unknownMilliseconds: 10_000,
  staleMilliseconds: 15 * 60_000,
  maxKeys: 10_000,
};

/**
 * The longest that a change in the directory (a suspension, another plan, a key taken away) goes unnoticed: `answering`
 * while the directory does, `away` when it stops just before. A revocation in the store counts from the next call.
 */
export function maxRevocationDelaySeconds({ foundMilliseconds, staleMilliseconds }: DirectoryCacheSettings) {
  return {
    answering: foundMilliseconds / 1_000,
    away: Math.max(foundMilliseconds, staleMilliseconds) / 1_000,
  };
}

interface Remembered {
  readonly answer: DirectoryResult;
  /** When the question was asked: an answer is no newer than that. */
  readonly askedAt: number;
}

/**
 * A directory in front of another that remembers its answers, asks one question for each key at a time, and serves
 * known keys while the other is away; that one bounds its own time, and when away says so at once.
 *
 * @param now Milliseconds since the epoch.
 */
export function cacheDirectory(
  directory: ClientDirectory,
  now: () => number,
  memory: DirectoryCacheSettings = defaultDirectoryCacheSettings,
): ClientDirectory {
  const found = new LruCache<Remembered>(memory.maxKeys);
  const unknown = new LruCache<Remembered>(memory.maxKeys);
  const questions = new Map<string, Promise<DirectoryResult>>();

  const recall = (
    of: LruCache<Remembered>,
    keyId: string,
    milliseconds: number,
  ): DirectoryResult | undefined => {
    const remembered = of.get(keyId);
    // A clock that has stepped back tells no age.
    const age = remembered === undefined ? -1 : now() - remembered.askedAt;
    return age >= 0 && age < milliseconds ? remembered?.answer : undefined;
  };

  const ask = async (keyId: string): Promise<DirectoryResult> => {
    const askedAt = now();
    const answer = await directory.find(keyId);
    if (answer.kind === 'unavailable') return recall(found, keyId, memory.staleMilliseconds) ?? answer;
    const [into, outOf] = answer.kind === 'found' ? [found, unknown] : [unknown, found];
    into.set(keyId, { answer, askedAt });
    outOf.delete(keyId);
    return answer;
  };

  return {
    find: (keyId) => {
      const remembered =
        recall(found, keyId, memory.foundMilliseconds) ?? recall(unknown, keyId, memory.unknownMilliseconds);
      if (remembered !== undefined) return Promise.resolve(remembered);
      const underWay = questions.get(keyId);
      if (underWay !== undefined) return underWay;
      const question = ask(keyId).finally(() => questions.delete(keyId));
      questions.set(keyId, question);
      return question;
    },
  };
}
