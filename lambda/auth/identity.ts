import { createHash } from 'node:crypto';
import { absent } from '../shared/contract.ts';

/** Who calls. Texts become header values, so each is one that a header can carry; what is not there is `absent`. */
export interface Identity {
  readonly userId: string;
  readonly userEmail: string;
  readonly userRole: string;
  readonly clientId: string;
  /** As the token names it; the policy may not know it. */
  readonly plan: string;
  readonly grants: readonly string[];
  /** Whom the store counts: of fixed length whatever the subject is, and distinct between issuers. */
  readonly account: string;
}

export const anonymous: Identity = {
  userId: absent,
  userEmail: absent,
  userRole: absent,
  clientId: absent,
  plan: absent,
  grants: [],
  account: absent,
};

/** Claims of a verified token, as yet unread. */
export type Claims = Readonly<Record<string, unknown>>;

const longestText = 256;

/**
 * Reads an identity from the claims of a verified token: `sub`, `email`, `role`, `client_id` or `azp`, `plan`, and
 * grants from the array `permissions` or else the words of `scope` (RFC 8693 section 4.2). Undefined when the subject
 * is none that a header can carry; any other such claim counts as absent.
 */
export function readIdentity(issuer: string, claims: Claims): Identity | undefined {
  const userId = headerText(claims['sub']);
  if (userId === undefined || userId === absent) return undefined;
  return {
    userId,
    userEmail: headerText(claims['email']) ?? absent,
    userRole: headerText(claims['role']) ?? absent,
    clientId: headerText(claims['client_id']) ?? headerText(claims['azp']) ?? absent,
    plan: headerText(claims['plan']) ?? absent,
    grants: grantsOf(claims),
    account: createHash('sha256').update(`${issuer}\n${userId}`).digest('base64url').slice(0, 22),
  };
}

function grantsOf({ permissions, scope }: Claims): readonly string[] {
  if (Array.isArray(permissions)) return permissions.filter((grant) => typeof grant === 'string');
  return typeof scope === 'string' ? scope.split(' ').filter((word) => word !== '') : [];
}

/** RFC 9110 section 5.5, without what is obsolete: visible ASCII, spaces between only. */
function headerText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestText) return undefined;
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : undefined;
}
