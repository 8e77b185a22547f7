import { createHash } from 'node:crypto';
import { absent } from '../contract.ts';
import type { Check } from '../store/store.ts';

/** Who calls. Texts become header values, so each is one that a header can carry; what is not there is `absent`. */
export interface Identity {
  readonly userId: string;
  readonly userEmail: string;
  readonly userRole: string;
  readonly clientId: string;
  /** As the credential names it; the policy may not know it. */
  readonly plan: string;
  /** Day of the calendar month on which its quotas begin anew, from 1 to 31. */
  readonly monthStartDay: number;
  readonly grants: readonly string[];
  /**
   * Whom the store counts and revokes: `user:` or `client:` and a digest, so of fixed length whatever the name is, and
   * distinct between issuers, users and clients.
   */
  readonly caller: string;
  /** Id of the key that it calls with; absent for a token. */
  readonly keyId: string;
  /** What the store call asks of the credential before all limits: is it revoked, was its nonce used. */
  readonly checks: readonly Check[];
  /** The `Content-Digest` that a signature covers: the body is yet to be compared with it. */
  readonly contentDigest: string;
}

export const anonymous: Identity = {
  userId: absent,
  userEmail: absent,
  userRole: absent,
  clientId: absent,
  plan: absent,
  monthStartDay: 1,
  grants: [],
  caller: absent,
  keyId: absent,
  checks: [],
  contentDigest: absent,
};

/** Claims of a verified token, as yet unread. */
export type Claims = Readonly<Record<string, unknown>>;

const longestText = 256;

/**
 * Reads an identity from the claims of a verified token: `sub`, `email`, `role`, `client_id` or `azp`, `plan`, and
 * grants from the array `permissions` or else the words of `scope` (RFC 8693 section 4.2). Undefined when the subject
 * is none that a header can carry; any other such claim counts as absent.
 *
 * @param scopePrefix What stands before each permission in `scope`.
 */
export function readIdentity(issuer: string, claims: Claims, scopePrefix = ''): Identity | undefined {
  const userId = headerText(claims['sub']);
  if (userId === undefined || userId === absent) return undefined;
  return {
    userId,
    userEmail: headerText(claims['email']) ?? absent,
    userRole: headerText(claims['role']) ?? absent,
    clientId: headerText(claims['client_id']) ?? headerText(claims['azp']) ?? absent,
    plan: headerText(claims['plan']) ?? absent,
    monthStartDay: 1,
    grants: grantsOf(claims, scopePrefix),
    caller: userCaller(issuer, userId),
    keyId: absent,
    checks: [],
    contentDigest: absent,
  };
}

/** `caller` of a user: the subject of an issuer's tokens. */
export function userCaller(issuer: string, subject: string): string {
  return `user:${digestOf(`${issuer}\n${subject}`)}`;
}

/** `caller` of a client that calls with a key of its own. */
export function clientCaller(clientId: string): string {
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

/** RFC 9110 section 5.5, without what is obsolete: visible ASCII, spaces between only. */
function headerText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestText) return undefined;
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : undefined;
}
