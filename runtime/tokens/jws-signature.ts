import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { HmacAlgorithm, SigningAlgorithm } from '../contracts/gateway-contract.ts';

/**
 * Whether the key has signed the token (RFC 7515 section 5.2). Uses Node's synchronous verification:
 * WebCrypto verifies in another thread, which takes more than twice as long.
 *
 * @param token In compact form, in the letters of base64url only.
 * @param algorithm One that fits the key and that its owner is known to sign with; never taken from the token
 * alone.
 */
export function isSigned(token: string, algorithm: SigningAlgorithm, key: KeyObject): boolean {
  const { input, signature } = partsOf(token);
  if (signature === undefined) return false;
  if (algorithm === 'EdDSA') return verify(null, input, key, signature);
  return verify(hashOf(algorithm), input, { key, ...schemes[algorithm.slice(0, 2)] }, signature);
}

/** Whether the secret has signed the token (RFC 7518 section 3.2), compared in constant time. */
export function isSignedByHmac(token: string, algorithm: HmacAlgorithm, key: KeyObject): boolean {
  const { input, signature } = partsOf(token);
  const expected = createHmac(hashOf(algorithm), key).update(input).digest();
  return signature?.length === expected.length && timingSafeEqual(signature, expected);
}

/**
 * RFC 7518 section 3.5: the salt is as long as the hash; section 3.4: two numbers of equal length, no ASN.1.
 */
const schemes: Readonly<Record<string, object>> = {
  RS: { padding: constants.RSA_PKCS1_PADDING },
  PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES: { dsaEncoding: 'ieee-p1363' },
};

function hashOf(algorithm: Exclude<SigningAlgorithm, 'EdDSA'> | HmacAlgorithm): string {
  return `sha${algorithm.slice(2)}`;
}

/** Refuses a signature whose last letter has unused bits set: a token has one spelling. */
function partsOf(token: string) {
  const dot = token.lastIndexOf('.');
  const text = token.slice(dot + 1);
  const signature = Buffer.from(text, 'base64url');
  return {
    input: Buffer.from(token.slice(0, dot)),
    signature: signature.toString('base64url') === text ? signature : undefined,
  };
}
