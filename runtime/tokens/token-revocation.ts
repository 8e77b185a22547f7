import type { Revoke, RevokedBeforeCheck } from '../limit-store/limit-store.ts';

/**
 * What may be revoked at once, and the checks of the one store call that ask for it. All lies in the key space of the
 * caller that is counted (a cluster keeps one script's keys in one slot), so a revocation needs the caller's name: a
 * user's for tokens, a client's for its keys. What stretches over callers, as all tokens of an application, is the
 * runtime policy's; what is for good, as a suspended client, is the directory's, and a revocation here bridges the
 * time until no process remembers the directory's former answer.
 *
 * While the store is away nobody knows what is revoked: routes that must not serve then say `onLimitStoreFailure: closed`.
 */

/** Of a verified token: `iat`, `jti` and `client_id` or `azp`. */
export interface RevocableToken {
  readonly issuedAtSeconds: number;
  readonly tokenId: string | undefined;
  readonly clientId: string | undefined;
}

/** Asks whether a token is revoked: by its id, with all of its user's, or with all that its user has of a client. */
export function tokenChecks({ issuedAtSeconds, tokenId, clientId }: RevocableToken): RevokedBeforeCheck[] {
  const checks = [issuedBefore(everything, issuedAtSeconds)];
  if (clientId !== undefined) checks.push(issuedBefore(ofClient(clientId), issuedAtSeconds));
  if (tokenId !== undefined) checks.push(issuedBefore(ofToken(tokenId), anyTime));
  return checks;
}

/** Asks whether an API key or a signature's key is revoked: by its id, or with all of its client's. */
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
 * Revokes all that the caller holds now.
 *
 * @param lifetimeSeconds The longest that any of it lives.
 */
export function revokeEverything(nowSeconds: number, lifetimeSeconds: number): Revoke {
  return revoke(everything, nowSeconds, lifetimeSeconds);
}

/** Revokes all that the user has of one client: a sign-out from one application. */
export function revokeClient(clientId: string, nowSeconds: number, lifetimeSeconds: number): Revoke {
  return revoke(ofClient(clientId), nowSeconds, lifetimeSeconds);
}

/**
 * Revokes an API key or a signature's key.
 *
 * @param lifetimeSeconds The longest that a process remembers what the directory said of it.
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

/** `iat` has whole seconds: what was issued within this one is revoked too, lest a token of just before survives. */
function revoke(name: string, nowSeconds: number, lifetimeSeconds: number): Revoke {
  return { kind: 'revoke', name, beforeSeconds: Math.floor(nowSeconds) + 1, lifetimeSeconds };
}
