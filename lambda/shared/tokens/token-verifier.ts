import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, UnsecuredJWT } from 'jose';
import { absent, type IssuerPolicy, type TokenPolicy } from '../contract.ts';
import { tokenChecks } from '../revocation.ts';
import type { HmacKeys } from './hmac-keys.ts';
import { type Identity, readIdentity } from './identity.ts';
import type { KeySets } from './key-sets.ts';
import { isSigned } from './signature.ts';

/** Why a token is refused; a word for the logs. */
export type TokenFault =
  | 'malformed-token'
  | 'unknown-issuer'
  | 'algorithm-not-allowed'
  | 'unknown-key'
  | 'bad-signature'
  | 'unsupported-header'
  | 'wrong-audience'
  | 'wrong-client'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'lifetime-too-long'
  | 'bad-claims';

/** A token that was good when it was verified. Times are seconds since the epoch. */
export interface VerifiedToken {
  readonly identity: Identity;
  /** By which it is revoked: `jti`, or where that is none to speak of, a digest of the whole token. */
  readonly tokenId: string;
  readonly expiresAtSeconds: number;
  readonly notBeforeSeconds: number;
  /** The issuer's, at both times. */
  readonly clockToleranceSeconds: number;
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

/**
 * Verifies with the issuer that the token names, its audience and its algorithms; a key is only tried for the
 * algorithm it is made for, and a secret only for the issuer that has it. `exp` and `sub` must be there, `crit` names
 * nothing that is understood here, and a token may live no longer than the issuer's limit.
 *
 * @param hmacKeys Left out where no issuer signs with a secret.
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
      if ('secretId' in issuer) {
        const algorithm = issuer.algorithms.find((candidate) => candidate === header.alg);
        if (algorithm === undefined) return refused('algorithm-not-allowed');
        const verdict = (await hmacKeys?.check(issuer, algorithm, token, now)) ?? 'unknown-key';
        if (verdict === 'unavailable') return { kind: 'unavailable' };
        return verdict === 'signed' ? readClaims(token, issuer, now) : refused(verdict);
      }
      const algorithm = issuer.algorithms.find((candidate) => candidate === header.alg);
      if (algorithm === undefined) return refused('algorithm-not-allowed');
      const answer = await keySets.find(issuer, header, now);
      if (answer.kind === 'unavailable') return { kind: 'unavailable' };
      if (answer.kind === 'no-key') return refused('unknown-key');
      return isSigned(token, algorithm, answer.key)
        ? readClaims(token, issuer, now)
        : refused('bad-signature');
    },
  };
}

/** Of a token whose signature is good. */
function readClaims(token: string, policy: IssuerPolicy, now: number): Verification {
  const { issuer, audience, clientIds, clockToleranceSeconds, maxLifetimeSeconds } = policy;
  let claims: JWTPayload;
  try {
    claims = checkClaims(token, {
      issuer,
      ...(audience === null ? {} : { audience }),
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now),
      clockTolerance: clockToleranceSeconds,
    });
  } catch (error) {
    return refused(faultOf(error));
  }
  if (clientIds?.some((clientId) => clientId === claims['client_id']) === false)
    return refused('wrong-client');
  const identity = readIdentity(issuer, claims, policy.scopePrefix);
  if (identity === undefined) return refused('bad-claims');
  const expiresAtSeconds = claims.exp ?? 0;
  if (expiresAtSeconds - (claims.iat ?? now / 1_000) > maxLifetimeSeconds)
    return refused('lifetime-too-long');
  const tokenId = idOf(claims, token);
  const checks = tokenChecks({
    // A token that does not say when it was issued is as old as can be.
    issuedAtSeconds: claims.iat ?? 0,
    tokenId,
    clientId: identity.clientId === absent ? undefined : identity.clientId,
  });
  return {
    kind: 'verified',
    token: {
      identity: { ...identity, checks },
      tokenId,
      expiresAtSeconds,
      notBeforeSeconds: claims.nbf ?? 0,
      clockToleranceSeconds,
    },
  };
}

/** A part of the store's keys, hence short. */
function idOf({ jti }: JWTPayload, token: string): string {
  if (typeof jti === 'string' && /^[\x21-\x7e]{1,128}$/.test(jti)) return jti;
  return createHash('sha256').update(token).digest('base64url');
}

/** The header of a token without signature: `{"alg":"none"}`. */
const unsecuredHeader = 'eyJhbGciOiJub25lIn0';

/** jose checks claims only as part of a token: here of one without signature, since that was verified before. */
function checkClaims(token: string, options: Parameters<typeof UnsecuredJWT.decode>[1]): JWTPayload {
  return UnsecuredJWT.decode(`${unsecuredHeader}.${token.split('.')[1]}.`, options).payload;
}

/** Three parts in the letters of base64url (RFC 4648 section 5), without padding or anything else. */
const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The header and claims as anybody may have written them. */
function decode(token: string) {
  if (!compactForm.test(token)) return undefined;
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
  return 'malformed-token';
}
