import { createHash, timingSafeEqual } from 'node:crypto';
import { parseDictionary, serializeDictionary } from 'structured-headers';

/** The algorithms that RFC 9530 section 5 allows for signing; the RFC requires to ignore the others. */
const hashes = {
  'sha-256': { name: 'sha256', bytes: 32 },
  'sha-512': { name: 'sha512', bytes: 64 },
} as const;
export type DigestAlgorithm = keyof typeof hashes;
const algorithms = Object.keys(hashes) as DigestAlgorithm[];

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  readonly bytes: Uint8Array;
}

export type ReadDigests =
  | { readonly kind: 'read'; readonly digests: readonly Digest[] }
  /** `malformed`: not a field of RFC 9530. `unsupported`: no digest by a supported algorithm. */
  | { readonly kind: 'malformed' | 'unsupported' };

/** Reads the value of a `Content-Digest` field (RFC 9530 section 2). Takes any text. */
export function readContentDigest(field: string): ReadDigests {
  try {
    const members = parseDictionary(field);
    const digests = algorithms.flatMap((algorithm) => {
      const value = members.get(algorithm)?.[0];
      if (value === undefined) return [];
      if (!(value instanceof ArrayBuffer) || value.byteLength !== hashes[algorithm].bytes)
        throw new TypeError();
      return [{ algorithm, bytes: new Uint8Array(value) }];
    });
    return digests.length === 0 ? { kind: 'unsupported' } : { kind: 'read', digests };
  } catch {
    return { kind: 'malformed' };
  }
}

/** The result of comparing a body with its digests. Only `matched` is acceptable. */
export type DigestCheck = 'matched' | 'mismatched' | 'malformed' | 'unsupported';

/**
 * Compares a body with its `Content-Digest`, in constant time. Every supported digest must match, so that an
 * attacker cannot add one beside a true one.
 *
 * @param body The content exactly as it was sent: before any decoding of a content coding, but after the
 * decoding of
 * base64 when an event has `isBase64Encoded`.
 */
export function checkContentDigest(field: string, body: Uint8Array): DigestCheck {
  const read = readContentDigest(field);
  if (read.kind !== 'read') return read.kind;
  const matches = ({ algorithm, bytes }: Digest) => timingSafeEqual(bytes, digestOf(algorithm, body));
  return read.digests.every(matches) ? 'matched' : 'mismatched';
}

/** Writes the value of a `Content-Digest` field for a body. */
export function writeContentDigest(algorithm: DigestAlgorithm, body: Uint8Array): string {
  return serializeDictionary({ [algorithm]: digestOf(algorithm, body) });
}

function digestOf(algorithm: DigestAlgorithm, body: Uint8Array): Uint8Array {
  return createHash(hashes[algorithm].name).update(body).digest();
}
