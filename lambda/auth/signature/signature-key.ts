import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto';

/** The supported algorithms, by their names in the registry of RFC 9421 section 6.2. */
export const signatureAlgorithms = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** A key with its one algorithm. */
export interface SignatureKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

/** RFC 2104 section 3: a key shorter than the hash weakens the code. */
const shortestSecretBytes = 32;

/**
 * Length of every Ed25519 signature, and of ECDSA's `r` and `s` for P-256 in the order that RFC 9421 gives.
 */
const pairBytes = 64;

/**
 * Loads a key from text: a public key in PEM (SubjectPublicKeyInfo), or for HMAC a secret of at least 32
 * bytes in base64. Undefined when the text is invalid, or a key of another kind, of another curve, or
 * private.
 */
export function loadSignatureKey(algorithm: SignatureAlgorithm, text: string): SignatureKey | undefined {
  const key = algorithm === 'hmac-sha256' ? loadSecret(text) : loadPublicKey(algorithm, text);
  return key && { algorithm, key };
}

/** Whether the signature over the base is by this key. Never throws. */
export function isSignedBy({ algorithm, key }: SignatureKey, base: string, signature: Uint8Array): boolean {
  try {
    return checks[algorithm](key, Buffer.from(base, 'ascii'), signature);
  } catch {
    return false;
  }
}

type Check = (key: KeyObject, base: Uint8Array, signature: Uint8Array) => boolean;

const checks: Readonly<Record<SignatureAlgorithm, Check>> = {
  ed25519: (key, base, signature) => signature.length === pairBytes && verify(null, base, key, signature),
  'ecdsa-p256-sha256': (key, base, signature) =>
    signature.length === pairBytes && verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature),
  'hmac-sha256': (key, base, signature) => {
    const code = createHmac('sha256', key).update(base).digest();
    return signature.length === code.length && timingSafeEqual(code, signature);
  },
};

function loadSecret(text: string): KeyObject | undefined {
  const secret = Buffer.from(text, 'base64');
  const isCanonical = secret.toString('base64') === text;
  return isCanonical && secret.length >= shortestSecretBytes ? createSecretKey(secret) : undefined;
}

function loadPublicKey(algorithm: SignatureAlgorithm, text: string): KeyObject | undefined {
  // Refused explicitly, because Node would derive the public key from a private one, and a directory that
  // holds private keys is a mistake.
  if (!text.startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const key = createPublicKey(text);
    const isOfAlgorithm =
      algorithm === 'ed25519'
        ? key.asymmetricKeyType === 'ed25519'
        : key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return isOfAlgorithm ? key : undefined;
  } catch {
    return undefined;
  }
}
