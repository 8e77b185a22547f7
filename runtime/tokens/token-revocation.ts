import type { Revoke, RevokedBeforeCheck } from '../limit-store/limit-store.ts';

/**
 * Revocations of credentials and callers, and the checks of the limit-store call that read them. All are in
 * the key space of the counted caller (a cluster keeps one script's keys in one slot), so a revocation needs
 * the caller's name: a user's for tokens, a client's for its keys. What spans callers, such as all tokens of
 * an application, belongs into the runtime policy; what is permanent, such as a suspended client, into the
 * client directory, and a revocation here covers the time until no process caches the directory's former
 * answer.
 * While the limit store is unavailable, revocations are unknown: routes that must not serve then set
 * `onLimitStoreFailure: closed`.
 */

/** Of a verified token: `iat`, `jti` and `client_id` or `azp`. */
export interface RevocableToken {
  readonly issuedAtSeconds: number;
  readonly tokenId: string | undefined;
  readonly clientId: string | undefined;
}

/**
 * Checks whether a token is revoked: by its id, with all of its user's tokens, or with all that its user has
 * of a client.
 */
export function tokenChecks({ issuedAtSeconds, tokenId, clientId }: RevocableToken): RevokedBeforeCheck[] {
  const checks = [issuedBefore(everything, issuedAtSeconds)];
  if (clientId !== undefined) checks.push(issuedBefore(ofClient(clientId), issuedAtSeconds));
  if (tokenId !== undefined) checks.push(issuedBefore(ofToken(tokenId), anyTime));
  return checks;
}

/** Checks whether an API key or a signature's key is revoked: by its id, or with all of its client's keys. */
export function keyChecks(keyId: string): RevokedBeforeCheck[] {
  return [issuedBefore(everything, anyTime), issuedBefore(ofKey(keyId), anyTime)];
}

/** Revokes one token until it would have expired; the tolerance is that of the verifier's clock. */
export function revokeToken(
  tokenId: string,
  expiresAtSeconds: number,
  nowSeconds: number,
  toleranceSeconds: number,
): Revoke {
  return revoke(ofToken(tokenId), nowSeconds, Math.max(expiresAtSeconds + toleranceSeconds - nowSeconds, 1));
}

/**
 * Revokes all credentials that the caller holds now.
 *
 * @param lifetimeSeconds The longest lifetime of any of them.
 */
export function revokeEverything(nowSeconds: number, lifetimeSeconds: number): Revoke {
  return revoke(everything, nowSeconds, lifetimeSeconds);
}

/** Revokes all tokens that the user has of one client: a sign-out from one application. */
export function revokeClient(clientId: string, nowSeconds: number, lifetimeSeconds: number): Revoke {
  return revoke(ofClient(clientId), nowSeconds, lifetimeSeconds);
}

/**
 * Revokes an API key or a signature's key.
 *
 * @param lifetimeSeconds The longest time that a process caches the directory's answer about it.
 */
export function revokeKey(keyId: string, nowSeconds: number, lifetimeSeconds: number): Revoke {
  return revoke(ofKey(keyId), nowSeconds, lifetimeSeconds);
}

const everything = 'everything';
const ofToken = (tokenId: string) => `token:${tokenId}`;
const ofClient = (clientId: string) => `client:${clientId}`;
const ofKey = (keyId: string) => `key:${keyId}`;

/** Before every instant, so that any revocation counts: for what is revoked by its name. */
const anyTime = 0;

function issuedBefore(name: string, issuedAtSeconds: number): RevokedBeforeCheck {
  return { kind: 'revoked-before', name, issuedAtSeconds: Math.floor(issuedAtSeconds) };
}

/**
 * `iat` has whole seconds: what was issued within this second is revoked too, so that a token issued just
 * before does not stay valid.
 */
function revoke(name: string, nowSeconds: number, lifetimeSeconds: number): Revoke {
  return { kind: 'revoke', name, beforeSeconds: Math.floor(nowSeconds) + 1, lifetimeSeconds };
}
