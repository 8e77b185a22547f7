import { createHash } from 'node:crypto';
import { errors, type JWTPayload, UnsecuredJWT } from 'jose';
import { type IssuerPolicy, NO_VALUE } from '../contracts/gateway-contract.ts';
import { readIdentity } from './identity.ts';
import { tokenChecks } from './token-revocation.ts';
import type { TokenFault, Verification } from './verification.ts';

/**
 * Checks the claims of a token with a valid signature, and reads its identity. Never throws.
 *
 * @param issuers All of the environment: their names are reserved.
 * @param now Milliseconds since the epoch.
 */
export function readClaims(
  token: string,
  issuer: IssuerPolicy,
  issuers: readonly IssuerPolicy[],
  now: number,
): Verification {
  let claims: JWTPayload;
  try {
    claims = checkClaims(token, {
      issuer: issuer.issuer,
      ...(issuer.audience === null ? {} : { audience: issuer.audience }),
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now),
      clockTolerance: issuer.clockToleranceSeconds,
    });
  } catch (error) {
    return refused(faultOf(error));
  }
  if (issuer.clientIds?.some((clientId) => clientId === claims['client_id']) === false) {
    return refused('wrong-client');
  }
  const times = readTimes(claims, issuer, now / 1_000);
  if (typeof times === 'string') return refused(times);
  const identity = readIdentity(issuer, claims, issuers);
  if (identity === undefined) return refused('bad-claims');
  const tokenId = idOf(claims, token);
  const { issuedAtSeconds, expiresAtSeconds, notBeforeSeconds } = times;
  const clientId = identity.clientId === NO_VALUE ? undefined : identity.clientId;
  return {
    kind: 'verified',
    token: {
      identity: { ...identity, checks: tokenChecks({ issuedAtSeconds, tokenId, clientId }) },
      tokenId,
      expiresAtSeconds,
      notBeforeSeconds,
      clockToleranceSeconds: issuer.clockToleranceSeconds,
    },
  };
}

interface TokenTimes {
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
  readonly notBeforeSeconds: number;
}

/**
 * The times of a token, which jose has already compared with the clock. Stricter than RFC 7519 section 2,
 * which allows a fraction: these numbers go into the limit store's script, which counts in whole numbers.
 */
function readTimes(
  { exp, iat, nbf = 0 }: JWTPayload,
  { clockToleranceSeconds, maxLifetimeSeconds }: IssuerPolicy,
  nowSeconds: number,
): TokenTimes | TokenFault {
  // A token without `iat` is as old as possible.
  const issuedAtSeconds = iat ?? 0;
  if (!isInstant(exp) || !isInstant(issuedAtSeconds) || !isInstant(nbf)) return 'bad-claims';
  if (issuedAtSeconds > nowSeconds + clockToleranceSeconds) return 'token-from-future';
  if (exp - nowSeconds > maxLifetimeSeconds + clockToleranceSeconds) return 'lifetime-too-long';
  if (exp - (iat ?? nowSeconds) > maxLifetimeSeconds) return 'lifetime-too-long';
  return { issuedAtSeconds, expiresAtSeconds: exp, notBeforeSeconds: nbf };
}

/**
 * The last second of the year 9999, as in ISO 8601: beyond it, dates and the limit store's arithmetic end.
 */
const lastInstant = 253_402_300_799;

function isInstant(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= lastInstant;
}

/** A part of the limit store's keys, so it is short. */
function idOf({ jti }: JWTPayload, token: string): string {
  if (typeof jti === 'string' && /^[\x21-\x7e]{1,128}$/.test(jti)) return jti;
  return createHash('sha256').update(token).digest('base64url');
}

/** The header of a token without signature: `{"alg":"none"}`. */
const unsecuredHeader = 'eyJhbGciOiJub25lIn0';

/**
 * jose checks claims only as part of a token, so this uses a token without signature; the signature was
 * verified before.
 */
function checkClaims(token: string, options: Parameters<typeof UnsecuredJWT.decode>[1]): JWTPayload {
  return UnsecuredJWT.decode(`${unsecuredHeader}.${token.split('.')[1]}.`, options).payload;
}

function refused(reason: TokenFault): Verification {
  return { kind: 'refused', reason };
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'wrong-audience';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'token-not-yet-valid' : 'bad-claims';
  }
  return 'malformed-token';
}
