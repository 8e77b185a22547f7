import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../contracts/gateway-contract.ts';
import { hasRocaFingerprint } from './roca.ts';

/** A key of a set (RFC 7517 section 4) that can verify tokens. */
export interface PublicKey {
  /** Undefined when the set gives none. */
  readonly kid: string | undefined;
  /** The algorithms that it may verify: those of its type and curve, or the one that the set gives. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly key: KeyObject;
}

/** Why an entry of a set is skipped; a word for the log. */
export type KeyFault = 'not-a-key' | 'not-for-signatures' | 'unsupported' | 'private' | 'weak';

/** Reads one entry of a key set, which may be any value. Never throws. */
export function readPublicKey(entry: unknown): PublicKey | KeyFault {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'not-a-key';
  const { kty, crv, kid, alg, use, key_ops: operations, d } = entry as Readonly<Record<string, unknown>>;
  if (kid !== undefined && typeof kid !== 'string') return 'not-a-key';
  const ofType = algorithmsOf(kty, crv);
  if (ofType.length === 0) return 'unsupported';
  if (use !== undefined && use !== 'sig') return 'not-for-signatures';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'not-for-signatures';
  }
  const algorithms = alg === undefined ? ofType : ofType.filter((name) => name === alg);
  if (algorithms.length === 0) return 'unsupported';
  // A published private key lets anybody sign.
  if (d !== undefined) return 'private';
  try {
    const key = createPublicKey({ key: entry as JsonWebKey, format: 'jwk' });
    return kty === 'RSA' && isWeakRsa(key) ? 'weak' : { kid, algorithms, key };
  } catch {
    return 'not-a-key';
  }
}

const ofRsa: readonly SigningAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

function algorithmsOf(kty: unknown, crv: unknown): readonly SigningAlgorithm[] {
  if (kty === 'RSA') return ofRsa;
  if (kty === 'EC' && crv === 'P-256') return ['ES256'];
  if (kty === 'EC' && crv === 'P-384') return ['ES384'];
  return kty === 'OKP' && crv === 'Ed25519' ? ['EdDSA'] : [];
}

/**
 * RFC 7518 section 3.3 requires 2 048 bits; a key of over 8 192 would cost every caller of the issuer
 * milliseconds.
 */
const modulusBits = { least: 2_048, most: 8_192 };

/** NIST SP 800-56B section 6.2.1: odd and over 2^16. OpenSSL accepts at most 64 bits with a long modulus. */
const exponents = { least: 65_537n, most: 2n ** 64n };

function isWeakRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < modulusBits.least || modulusLength > modulusBits.most) return true;
  if (publicExponent < exponents.least || publicExponent > exponents.most) return true;
  const modulus = BigInt(
    `0x${Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`,
  );
  return publicExponent % 2n === 0n || modulus % 2n === 0n || hasRocaFingerprint(modulus);
}
