import type { ClientAddress } from '../shared/client-address.ts';
import { absent, type DecisionWord } from '../shared/contract.ts';
import type { StoreFailure } from '../shared/store/store.ts';
import { anonymous, type Identity } from '../shared/tokens/identity.ts';
import type { TokenFault } from '../shared/tokens/token-verifier.ts';
import { bareChallenge } from './challenge.ts';
import type { CredentialFault } from './client-directory.ts';
import type { Cohort } from './cohort.ts';
import type { DecisionContext } from './contract.ts';
import type { FieldFault } from './credential-fields.ts';
import type { RefusedByStore } from './credential-verdict.ts';
import { type LimitFields, unknownLimits } from './limit-fields.ts';
import type { LimitsInSight } from './limits.ts';
import type { SignatureFault } from './message-signature.ts';
import type { PreparedRoute } from './prepared-policy.ts';
import type { Rebuild } from './usage-rebuild.ts';
import type { RequestFault } from './well-formed.ts';

/** Why a call was decided so; a word for the logs. */
export type Reason =
  | 'ok'
  /** Allowed under the local limiter, since the store is away. */
  | 'ok-by-local-limits'
  | 'not-from-edge'
  | 'origin-secret-unknown'
  | RequestFault
  | 'unknown-route'
  | 'no-client-address'
  | 'address-not-allowed'
  | 'address-blocked'
  | 'maintenance'
  | 'route-off'
  | 'no-credential'
  | 'several-credentials'
  | 'several-tokens'
  | 'malformed-credential'
  | FieldFault
  | TokenFault
  | 'malformed-key'
  | 'other-environment-key'
  | 'wrong-secret'
  | 'key-not-from-here'
  | CredentialFault
  | SignatureFault
  | RefusedByStore
  | 'issuer-away'
  | 'directory-away'
  | 'key-pepper-unknown'
  | 'no-permission'
  | 'rate-used-up'
  | 'quota-used-up'
  | 'cost-above-limit'
  | 'store-away'
  | 'internal-error';

/** What has been found out of a call by the time it is decided. */
export interface Findings {
  readonly policyVersion: string;
  readonly route?: PreparedRoute;
  readonly address?: ClientAddress;
  readonly identity?: Identity;
  readonly plan?: string;
  readonly cohort?: Cohort;
  /** Of the variant that was chosen. */
  readonly service?: string;
  /** The path that the service sees, where the route rewrites. */
  readonly path?: string;
  readonly limits?: LimitFields;
  /** Where no limit says when to come again. */
  readonly retryAfterSeconds?: number;
  readonly challenge?: string;
  readonly seen?: Seen;
}

/** What a decision has met that is worth counting, and that its caller is not told. */
export interface Seen {
  readonly limits?: LimitsInSight;
  readonly storeFailure?: StoreFailure;
  /** What the counters of the month had lost, and whether it came back. */
  readonly rebuild?: Rebuild;
}

/** A context for the gateway, and what to count. */
export interface Decision {
  readonly context: DecisionContext;
  readonly seen: Seen;
}

/** Completes a decision: every key of the context is there and not empty, whatever was found out. */
export function conclude(decision: DecisionWord, reason: Reason, findings: Findings): Decision {
  const { policyVersion, route, address, identity = anonymous } = findings;
  const context: DecisionContext = {
    decision,
    reason,
    route: route?.key ?? absent,
    service: findings.service ?? route?.policy.service ?? absent,
    cohort: findings.cohort ?? 'stable',
    userId: identity.userId,
    userEmail: identity.userEmail,
    userRole: identity.userRole,
    clientId: identity.clientId,
    clientAddress: address?.text ?? absent,
    caller: identity.caller,
    contentDigest: identity.contentDigest,
    plan: findings.plan ?? absent,
    monthStartDay: `${identity.monthStartDay}`,
    ...(findings.limits ?? unknownLimits(route)),
    ...(findings.retryAfterSeconds === undefined ? {} : { retryAfter: `${findings.retryAfterSeconds}` }),
    challenge: findings.challenge ?? bareChallenge,
    cacheControl: route?.policy.cacheControl ?? 'no-store',
    path: findings.path ?? '/',
    policyVersion,
  };
  return { context, seen: findings.seen ?? {} };
}
