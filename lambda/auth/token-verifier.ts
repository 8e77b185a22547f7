import { type CryptoKey, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { IssuerPolicy } from './contract.ts';
import { type Identity, readIdentity } from './identity.ts';
import type { KeySets } from './key-sets.ts';

/** Why a token is refused; a word for the logs. */
export type TokenFault =
  | 'malformed-token'
  | 'unknown-issuer'
  | 'algorithm-not-allowed'
  | 'unknown-key'
  | 'bad-signature'
  | 'unsupported-header'
  | 'wrong-audience'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'bad-claims';

/** A token that was good when it was verified. Times are seconds since the epoch. */
export interface VerifiedToken {
  readonly identity: Identity;
  readonly expiresAtSeconds: number;
  readonly notBeforeSeconds: number;
}

export type Verification =
  | { readonly kind: 'verified'; readonly token: VerifiedToken }
  | { readonly kind: 'refused'; readonly because: TokenFault }
  | { readonly kind: 'unavailable' };

/** Verifies a token in compact form (RFC 7515, RFC 7519). */
export interface TokenVerifier {
  /** @param now Milliseconds since the epoch. */
  verify(token: string, policy: TokenPolicy, now: number): Promise<Verification>;
}

/** What a verdict on a token depends on. */
export interface TokenPolicy {
  readonly version: string;
  readonly issuers: readonly IssuerPolicy[];
}

/**
 * Verifies with the issuer that the token names, its audience and its algorithms; a key is only tried for the
 * algorithm it is made for. `exp` and `sub` must be there, `crit` names nothing that is understood here, and clocks get
 * no tolerance.
 */
export function createTokenVerifier(keySets: KeySets): TokenVerifier {
  return {
    verify: async (token, { issuers }, now) => {
      const unverified = decode(token);
      if (unverified === undefined) return refused('malformed-token');
      const { header, claims } = unverified;
      const issuer = issuers.find((candidate) => candidate.issuer === claims.iss);
      if (issuer === undefined) return refused('unknown-issuer');
      if (!issuer.algorithms.some((algorithm) => algorithm === header.alg)) {
        return refused('algorithm-not-allowed');
      }
      const answer = await keySets.find(issuer, header, now);
      if (answer.kind === 'unavailable') return { kind: 'unavailable' };
      if (answer.kind === 'no-key') return refused('unknown-key');
      return verifyWith(answer.key, token, issuer, now);
    },
  };
}

async function verifyWith(
  key: CryptoKey,
  token: string,
  { issuer, audience, algorithms }: IssuerPolicy,
  now: number,
): Promise<Verification> {
  let claims: JWTPayload;
  try {
    const verified = await jwtVerify(token, key, {
      issuer,
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now),
    });
    claims = verified.payload;
  } catch (error) {
    return refused(faultOf(error));
  }
  const identity = readIdentity(issuer, claims);
  if (identity === undefined) return refused('bad-claims');
  return {
    kind: 'verified',
    token: { identity, expiresAtSeconds: claims.exp ?? 0, notBeforeSeconds: claims.nbf ?? 0 },
  };
}

/** The header and claims as anybody may have written them. */
function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function refused(because: TokenFault): Verification {
  return { kind: 'refused', because };
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'wrong-audience';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'token-not-yet-valid' : 'bad-claims';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (error instanceof errors.JOSENotSupported) return 'unsupported-header';
  if (error instanceof errors.JOSEError) return 'malformed-token';
  // jose has no class of its own for a key that is too weak, or of another curve than its algorithm's.
  return 'unknown-key';
}
