import type { KeyObject } from 'node:crypto';
import { LruCache } from '../collections/lru.ts';
import { type Freshness, RefreshedValue } from '../concurrency/refreshed-value.ts';
import type { KeySetIssuer, SigningAlgorithm } from '../contracts/gateway-contract.ts';
import { type KeyFault, type PublicKey, readPublicKey } from './public-key.ts';

/** The parts of a token's header that select its key (RFC 7515 section 4.1). */
export interface KeyHeader {
  /** One that the issuer is known to sign with. */
  readonly alg: SigningAlgorithm;
  readonly kid: string | undefined;
}

export type KeyLookup =
  /** One or more, each to be tried: key ids of a set may repeat (RFC 7517 section 4.5). */
  | { readonly kind: 'keys'; readonly keys: readonly KeyObject[] }
  | { readonly kind: 'no-key' }
  /** The issuer is unavailable and no cached key fits, so the token cannot be verified. */
  | { readonly kind: 'unavailable' };

/** The public keys of the token issuers. */
export interface KeySets {
  /** @param now Milliseconds since the epoch. */
  find(issuer: KeySetIssuer, header: KeyHeader, now: number): Promise<KeyLookup>;
}

export interface KeySetPorts {
  /** Reads a key set (RFC 7517 section 5) within a bounded time, or rejects. */
  readonly fetch: (jwksUri: string) => Promise<unknown>;
  readonly onFailure: (jwksUri: string, error: unknown) => void;
  /** Called when entries of a set were skipped. */
  readonly onUnusable?: (jwksUri: string, faults: readonly KeyFault[]) => void;
}

/**
 * Keys live for weeks and are published ahead of their use; unknown keys cause at most one fetch in ten
 * seconds.
 */
const freshness: Freshness = {
  freshMilliseconds: 10 * 60_000,
  staleMilliseconds: 60 * 60_000,
  cooldownMilliseconds: 10_000,
};

/** How long, and for how many, unknown key ids are remembered. */
const unknownKeyMilliseconds = 60_000;
const maxUnknownKeys = 1_000;

/**
 * Maximum entries of a set that are read, and keys that one token is tried with, because callers pay for what
 * an issuer publishes.
 */
const maxEntries = 100;
const maxTried = 4;

/** Longer key ids are treated as missing, because unknown key ids are remembered. */
const longestKeyId = 256;

/**
 * Caches one key set for each issuer, and selects the keys whose id, type, use, operations and algorithm fit
 * the header.
 */
export function createKeySets({ fetch, onFailure, onUnusable }: KeySetPorts): KeySets {
  const sets = new Map<string, RefreshedValue<readonly PublicKey[]>>();
  const unknownUntil = new LruCache<number>(maxUnknownKeys);

  const keysOf = ({ jwksUri }: KeySetIssuer): RefreshedValue<readonly PublicKey[]> => {
    const held = sets.get(jwksUri);
    if (held !== undefined) return held;
    const created = new RefreshedValue<readonly PublicKey[]>(
      async () => {
        const { keys, faults } = readKeySet(await fetch(jwksUri));
        if (faults.length > 0) onUnusable?.(jwksUri, faults);
        return keys;
      },
      freshness,
      (error) => onFailure(jwksUri, error),
    );
    sets.set(jwksUri, created);
    return created;
  };

  return {
    find: async (issuer, header, now) => {
      if ((header.kid ?? '').length > longestKeyId) return { kind: 'no-key' };
      const keys = keysOf(issuer);
      const found = pick(await keys.current(now), header);
      if (found.length > 0) return { kind: 'keys', keys: found };

      const unknown = `${issuer.jwksUri}\n${header.kid ?? ''}\n${header.alg}`;
      if ((unknownUntil.get(unknown) ?? 0) > now) return { kind: 'no-key' };
      await keys.refresh(now);
      const refreshed = pick(await keys.current(now), header);
      if (refreshed.length > 0) return { kind: 'keys', keys: refreshed };
      if (keys.isUnavailable) return { kind: 'unavailable' };
      unknownUntil.set(unknown, now + unknownKeyMilliseconds);
      return { kind: 'no-key' };
    },
  };
}

/** Without a key id in the header, any key of the algorithm is a candidate. */
function pick(keys: readonly PublicKey[] = [], { alg, kid }: KeyHeader): readonly KeyObject[] {
  return keys
    .filter((entry) => (kid === undefined || entry.kid === kid) && entry.algorithms.includes(alg))
    .slice(0, maxTried)
    .map(({ key }) => key);
}

/**
 * Reads a key set, without unusable entries (RFC 7517 section 5).
 *
 * @throws Error when the document is not a key set, or no entry of it can be read: the cached keys stay in
 * use.
 */
function readKeySet(document: unknown): {
  readonly keys: readonly PublicKey[];
  readonly faults: readonly KeyFault[];
} {
  const entries = (document as { readonly keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(entries)) throw new Error('The document is not a key set: it has no array "keys".');
  const read = entries.slice(0, maxEntries).map(readPublicKey);
  const keys = read.filter((entry) => typeof entry !== 'string');
  const faults = read.filter((entry) => typeof entry === 'string');
  if (read.length > 0 && read.every((entry) => entry === 'not-a-key')) {
    throw new Error('The key set has no entry that is a key.');
  }
  return { keys, faults };
}
