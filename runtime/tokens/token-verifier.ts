import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { HmacIssuer, KeySetIssuer } from '../contracts/gateway-contract.ts';
import type { HmacKeys } from './hmac-keys.ts';
import { isSigned } from './jws-signature.ts';
import type { KeySets } from './key-sets.ts';
import { readClaims } from './token-claims.ts';
import type { TokenFault, TokenVerifier, Verification } from './verification.ts';

/**
 * Verifies with the issuer that the token names, its audience and its algorithms; a key is only tried for its
 * own algorithm, and a secret only for its own issuer. `exp` and `sub` are required, no `crit` header is
 * supported, the lifetime is limited to the issuer's maximum, and the claims to the issuer's bounds.
 *
 * @param hmacKeys Left out when no issuer signs with a secret.
 */
export function createTokenVerifier(keySets: KeySets, hmacKeys?: HmacKeys): TokenVerifier {
  return {
    verify: async (token, { issuers }, now) => {
      const unverified = decode(token);
      if (unverified === undefined) return refused('malformed-token');
      const { header, claims } = unverified;
      const issuer = issuers.find((candidate) => candidate.issuer === claims.iss);
      if (issuer === undefined) return refused('unknown-issuer');
      if (header.crit !== undefined) return refused('unsupported-header');
      const result =
        'secretId' in issuer
          ? await checkByHmac(hmacKeys, issuer, { token, header }, now)
          : await checkByKeySet(keySets, issuer, { token, header }, now);
      if (result === 'unavailable') return { kind: 'unavailable' };
      return result === 'signed' ? readClaims(token, issuer, issuers, now) : refused(result);
    },
  };
}

type TokenSignatureResult = 'signed' | 'unavailable' | TokenFault;

interface Decoded {
  readonly token: string;
  readonly header: ReturnType<typeof decodeProtectedHeader>;
}

async function checkByHmac(
  hmacKeys: HmacKeys | undefined,
  issuer: HmacIssuer,
  { token, header }: Decoded,
  now: number,
): Promise<TokenSignatureResult> {
  const algorithm = issuer.algorithms.find((candidate) => candidate === header.alg);
  if (algorithm === undefined) return 'algorithm-not-allowed';
  return (await hmacKeys?.check(issuer, algorithm, token, now)) ?? 'unknown-key';
}

async function checkByKeySet(
  keySets: KeySets,
  issuer: KeySetIssuer,
  { token, header }: Decoded,
  now: number,
): Promise<TokenSignatureResult> {
  const algorithm = issuer.algorithms.find((candidate) => candidate === header.alg);
  if (algorithm === undefined) return 'algorithm-not-allowed';
  const answer = await keySets.find(issuer, { alg: algorithm, kid: header.kid }, now);
  if (answer.kind === 'unavailable') return 'unavailable';
  if (answer.kind === 'no-key') return 'unknown-key';
  return answer.keys.some((key) => isSigned(token, algorithm, key)) ? 'signed' : 'bad-signature';
}

/**
 * Longer than what fits an HTTP API's 10 240 bytes of request line and headers. It bounds all work on a
 * token.
 */
const longestToken = 8_192;

/** Three parts in the letters of base64url (RFC 4648 section 5), without padding or anything else. */
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** The unverified header and claims. */
function decode(token: string) {
  if (token.length > longestToken || !compactForm.test(token)) return undefined;
  if (!token.split('.').every(isCanonical)) return undefined;
  try {
    const header = decodeProtectedHeader(token);
    if (header.kid !== undefined && typeof header.kid !== 'string') return undefined;
    return { header, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/**
 * RFC 4648 section 3.5: each value has exactly one text. Lenient decoders ignore the unused bits of the last
 * letter.
 */
function isCanonical(part: string): boolean {
  const last = part.at(-1) ?? '';
  switch (part.length % 4) {
    case 0:
      return true;
    case 2:
      return 'AQgw'.includes(last);
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last);
    default:
      return false;
  }
}

function refused(reason: TokenFault): Verification {
  return { kind: 'refused', reason };
}
