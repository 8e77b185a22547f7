import { createSecretKey, type KeyObject } from 'node:crypto';
import { type ReadSecret, secretFreshness } from '../aws/secrets-manager.ts';
import { RefreshedValue } from '../concurrency/refreshed-value.ts';
import type { HmacAlgorithm, HmacIssuer, IssuerPolicy } from '../contracts/gateway-contract.ts';
import { isSignedByHmac } from './jws-signature.ts';

/** `unavailable`: the secret has never been read, so the token cannot be verified. */
export type HmacCheck = 'signed' | 'bad-signature' | 'unknown-key' | 'unavailable';

/** The secrets that issuers sign with. */
export interface HmacKeys {
  /**
   * Whether one of the issuer's live secrets has signed the token.
   *
   * @param now Milliseconds since the epoch.
   */
  check(issuer: HmacIssuer, algorithm: HmacAlgorithm, token: string, now: number): Promise<HmacCheck>;
}

export interface HmacKeyPorts {
  readonly readSecret: ReadSecret;
  readonly onFailure: (secretId: string, error: unknown) => void;
  /** Called when a value is skipped because it is shorter than the hash of one of the issuer's algorithms. */
  readonly onShortKey: (secretId: string, minBytes: number) => void;
}

/**
 * Caches the live values of each issuer's secret, including the previous one during a rotation. A token that
 * none of them has signed may use a value that was just rotated in, so the values are read again, as often as
 * their cool-down allows.
 *
 * @param issuers The HMAC issuers; any other issuer has no keys.
 */
export function createHmacKeys(issuers: readonly IssuerPolicy[], ports: HmacKeyPorts): HmacKeys {
  const secrets = new Map<string, RefreshedValue<readonly KeyObject[]>>();
  for (const issuer of issuers) {
    if ('secretId' in issuer) secrets.set(issuer.issuer, keysOf(issuer, ports));
  }
  return {
    check: async (issuer, algorithm, token, now) => {
      const secret = secrets.get(issuer.issuer);
      if (secret === undefined) return 'unknown-key';
      const judge = (keys: readonly KeyObject[] | undefined): HmacCheck => {
        if (keys === undefined) return 'unavailable';
        if (keys.some((key) => isSignedByHmac(token, algorithm, key))) return 'signed';
        return keys.length === 0 ? 'unknown-key' : 'bad-signature';
      };
      const result = judge(await secret.current(now));
      if (result === 'signed') return result;
      await secret.refresh(now);
      return judge(await secret.current(now));
    },
  };
}

function keysOf(
  { secretId, algorithms }: HmacIssuer,
  { readSecret, onFailure, onShortKey }: HmacKeyPorts,
): RefreshedValue<readonly KeyObject[]> {
  // RFC 7518 section 3.2: a key as long as the hash or longer must be used.
  const minBytes = Math.max(...algorithms.map((algorithm) => Number(algorithm.slice(2)) / 8));
  return new RefreshedValue(
    async () => {
      const values = (await readSecret(secretId)).map((value) => Buffer.from(value, 'utf8'));
      const longEnough = values.filter(({ length }) => length >= minBytes);
      if (longEnough.length < values.length) onShortKey(secretId, minBytes);
      return longEnough.map((value) => createSecretKey(value));
    },
    secretFreshness,
    (error) => onFailure(secretId, error),
  );
}
