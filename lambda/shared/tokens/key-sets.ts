import { KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWSHeaderParameters } from 'jose';
import type { KeySetIssuer } from '../contract.ts';
import { Lru } from '../lru.ts';
import { type Freshness, Refreshed } from '../refreshed.ts';

export type KeyAnswer =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'no-key' }
  /** The issuer is away and none of the keys known of old fits: whether the token is good cannot be said. */
  | { readonly kind: 'unavailable' };

/** The public keys of the token issuers. */
export interface KeySets {
  /** @param now Milliseconds since the epoch. */
  find(issuer: KeySetIssuer, header: JWSHeaderParameters, now: number): Promise<KeyAnswer>;
}

export interface KeySetPorts {
  /** Reads a key set (RFC 7517 section 5) within a bounded time, or rejects. */
  readonly fetch: (jwksUri: string) => Promise<unknown>;
  readonly onFailure: (jwksUri: string, error: unknown) => void;
}

/** Keys live for weeks and are published ahead of their use; an unknown one costs at most a fetch in ten seconds. */
const freshness: Freshness = {
  freshMilliseconds: 10 * 60_000,
  staleMilliseconds: 60 * 60_000,
  cooldownMilliseconds: 10_000,
};

/** How long, and for how many, a key id that the issuer did not know is remembered as unknown. */
const unknownKeyMilliseconds = 60_000;
const maxUnknownKeys = 1_000;

type FindKey = ReturnType<typeof createLocalJWKSet>;

/** Keeps one key set for each issuer; jose picks the key whose type, use, operations and algorithm fit the header. */
export function createKeySets({ fetch, onFailure }: KeySetPorts): KeySets {
  const sets = new Map<string, Refreshed<FindKey>>();
  const unknownUntil = new Lru<number>(maxUnknownKeys);

  const keysOf = ({ jwksUri }: KeySetIssuer): Refreshed<FindKey> => {
    const held = sets.get(jwksUri);
    if (held !== undefined) return held;
    const created = new Refreshed<FindKey>(
      async () => createLocalJWKSet(withoutWeakKeys(await fetch(jwksUri))),
      freshness,
      (error) => onFailure(jwksUri, error),
    );
    sets.set(jwksUri, created);
    return created;
  };

  return {
    find: async (issuer, header, now) => {
      const keys = keysOf(issuer);
      const found = await pick(await keys.current(now), header);
      if (found !== undefined) return { kind: 'key', key: found };

      const unknown = `${issuer.jwksUri}\n${header.kid ?? ''}\n${header.alg ?? ''}`;
      if ((unknownUntil.get(unknown) ?? 0) > now) return { kind: 'no-key' };
      await keys.refresh(now);
      const anew = await pick(await keys.current(now), header);
      if (anew !== undefined) return { kind: 'key', key: anew };
      if (keys.isAway) return { kind: 'unavailable' };
      unknownUntil.set(unknown, now + unknownKeyMilliseconds);
      return { kind: 'no-key' };
    },
  };
}

async function pick(find: FindKey | undefined, header: JWSHeaderParameters): Promise<KeyObject | undefined> {
  try {
    return find === undefined ? undefined : KeyObject.from(await find(header));
  } catch (error) {
    // No key fits, several do and the header names none, or the one that fits cannot be read.
    if (error instanceof errors.JOSEError || error instanceof DOMException) return undefined;
    throw error;
  }
}

/** RFC 7518 section 3.3: a key of 2 048 bits or more must be used with RSA. */
const shortestModulusBytes = 256;

/** Drops RSA keys that are too short at load, whatever signs with them. What is no key set is jose's to refuse. */
function withoutWeakKeys(document: unknown): JSONWebKeySet {
  const set = document as JSONWebKeySet;
  if (!Array.isArray(set.keys)) return set;
  return { ...set, keys: set.keys.filter((key) => !isWeak(key)) };
}

function isWeak({ kty, n = '' }: JWK): boolean {
  return kty === 'RSA' && Buffer.from(n, 'base64url').length < shortestModulusBytes;
}
