import { createHash } from 'node:crypto';
import { type IssuerBounds, type IssuerPolicy, NO_VALUE } from '../contracts/gateway-contract.ts';
import { intersectGrants } from '../contracts/permissions.ts';
import type { Check } from '../limit-store/limit-store.ts';

/**
 * The caller's identity. Its texts become header values, so each is a valid one; a missing value is
 * `NO_VALUE`.
 */
export interface Identity {
  readonly userId: string;
  readonly userEmail: string;
  readonly userRole: string;
  readonly clientId: string;
  /** As the credential names it; the policy may not have it. */
  readonly plan: string;
  /** Day of the calendar month on which its quotas start, from 1 to 31. */
  readonly monthStartDay: number;
  readonly grants: readonly string[];
  /**
   * The key of the caller in the limit store, for counting and revocation: `user:` or `client:` and a digest,
   * so its length is fixed and it differs between issuers, users and clients.
   */
  readonly caller: string;
  /** Id of the caller's key; absent for a token. */
  readonly keyId: string;
  /**
   * Checks of the credential that come before all limits in the limit-store call: whether it is revoked, and
   * its nonce used.
   */
  readonly checks: readonly Check[];
  /** The `Content-Digest` that a signature covers; the body still has to be compared with it. */
  readonly contentDigest: string;
}

export const anonymous: Identity = {
  userId: NO_VALUE,
  userEmail: NO_VALUE,
  userRole: NO_VALUE,
  clientId: NO_VALUE,
  plan: NO_VALUE,
  monthStartDay: 1,
  grants: [],
  caller: NO_VALUE,
  keyId: NO_VALUE,
  checks: [],
  contentDigest: NO_VALUE,
};

/** Claims of a verified token, not yet checked. */
export type Claims = Readonly<Record<string, unknown>>;

const longestText = 256;

/**
 * Reads an identity from the claims of a verified token: `sub`, `email`, `role`, `client_id` or `azp`,
 * `plan`, and grants from the array `permissions` or else the words of `scope` (RFC 8693 section 4.2). Claims
 * beyond the issuer's bounds are dropped. Undefined when the subject is not a valid header value, or begins
 * with the name of another issuer; any other invalid claim counts as absent.
 *
 * @param issuers All of the environment: their names are reserved.
 */
export function readIdentity(
  issuer: IssuerPolicy,
  claims: Claims,
  issuers: readonly IssuerPolicy[] = [issuer],
): Identity | undefined {
  const { bounds } = issuer;
  const subject = headerText(claims['sub']);
  if (subject === undefined || subject === NO_VALUE) return undefined;
  const isReserved = (name: string) => issuers.some((other) => hasNameOf(other.bounds, name));
  const hasNamespacedSubjects = bounds?.hasNamespacedSubjects === true;
  if (!hasNamespacedSubjects && isReserved(subject)) return undefined;
  const userId = hasNamespacedSubjects ? headerText(nameOf(bounds, subject)) : subject;
  if (userId === undefined) return undefined;
  const clientId = headerText(claims['client_id']) ?? headerText(claims['azp']);
  const texts = {
    userEmail: headerText(claims['email']) ?? NO_VALUE,
    userRole: headerText(claims['role']) ?? NO_VALUE,
    plan: headerText(claims['plan']) ?? NO_VALUE,
    clientId:
      clientId === undefined || isReserved(clientId)
        ? NO_VALUE
        : (headerText(tokenClient(issuer, clientId)) ?? NO_VALUE),
    grants: grantsOf(claims, issuer.scopePrefix),
  };
  return {
    ...(bounds === undefined ? texts : withinBounds(texts, bounds)),
    userId,
    monthStartDay: 1,
    caller: tokenCallerKey(issuer, subject),
    keyId: NO_VALUE,
    checks: [],
    contentDigest: NO_VALUE,
  };
}

type ClaimedTexts = Pick<Identity, 'userEmail' | 'userRole' | 'plan' | 'clientId' | 'grants'>;

/** The maximum of a token's grants that are compared with the bounds of its issuer: the first ones. */
const maxGrants = 256;

function withinBounds(claimed: ClaimedTexts, bounds: IssuerBounds): ClaimedTexts {
  const { userEmail, userRole, clientId, grants } = claimed;
  const domain = userEmail.slice(userEmail.lastIndexOf('@') + 1).toLowerCase();
  return {
    userEmail: userEmail.includes('@') && bounds.emailDomains.includes(domain) ? userEmail : NO_VALUE,
    userRole: bounds.roles.includes(userRole) ? userRole : NO_VALUE,
    plan: bounds.plan ?? NO_VALUE,
    clientId,
    grants: intersectGrants(grants.slice(0, maxGrants), bounds.permissions),
  };
}

/**
 * Names of issuers are slugs without the bar, so two different pairs of issuer and text never make the same
 * name.
 */
function nameOf({ name }: IssuerBounds, text: string): string {
  return `${name}|${text}`;
}

function hasNameOf(bounds: IssuerBounds | undefined, text: string): boolean {
  return bounds !== undefined && text.startsWith(nameOf(bounds, ''));
}

/**
 * `caller` of a token: the subject of its issuer; or the client for tokens that a client signs with its
 * secret, because such a client could name a new subject on every call.
 */
export function tokenCallerKey(issuer: IssuerPolicy, subject: string): string {
  return 'secretId' in issuer ? clientCallerKey(issuer.clientIds[0]) : userCallerKey(issuer.issuer, subject);
}

/**
 * The client of a token under the name that the gateway uses. Clients of other issuers are never the
 * registered ones, except the one client that an HMAC issuer is for.
 */
export function tokenClient({ bounds, clientIds }: IssuerPolicy, clientId: string): string {
  return bounds === undefined || clientIds !== null ? clientId : nameOf(bounds, clientId);
}

/** `caller` of a user: the subject of an issuer's tokens. */
export function userCallerKey(issuer: string, subject: string): string {
  return `user:${digestOf(`${issuer}\n${subject}`)}`;
}

/** `caller` of a client that calls with its own key. */
export function clientCallerKey(clientId: string): string {
  return `client:${digestOf(clientId)}`;
}

function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 22);
}

function grantsOf({ permissions, scope }: Claims, prefix: string): readonly string[] {
  if (Array.isArray(permissions)) return permissions.filter((grant) => typeof grant === 'string');
  const words = typeof scope === 'string' ? scope.split(' ') : [];
  return words
    .filter((word) => word !== '' && word.startsWith(prefix))
    .map((word) => word.slice(prefix.length));
}

/** RFC 9110 section 5.5, without its obsolete forms: visible ASCII, with spaces between only. */
function headerText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestText) return undefined;
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : undefined;
}
