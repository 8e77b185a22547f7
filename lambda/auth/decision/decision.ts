import { type DecisionName, NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { ClientAddress } from '../../../runtime/http/client-address.ts';
import type { LimitStoreFailure } from '../../../runtime/limit-store/limit-store.ts';
import { anonymous, type Identity } from '../../../runtime/tokens/identity.ts';
import type { TokenFault } from '../../../runtime/tokens/verification.ts';
import type { DecisionContext } from '../contract.ts';
import { bareChallenge } from '../identity/challenge.ts';
import type { CredentialFault } from '../identity/client-directory.ts';
import type { LimitStoreRefusal } from '../identity/credential-check.ts';
import type { FieldFault } from '../identity/credential-fields.ts';
import { type LimitFields, unknownLimits } from '../limits/limit-fields.ts';
import type { VisibleLimits } from '../limits/limits.ts';
import type { Rebuild } from '../limits/quota-recovery.ts';
import type { SignatureFault } from '../signature/message-signature.ts';
import type { Cohort } from './cohort.ts';
import type { PreparedRoute } from './prepared-policy.ts';
import type { RequestFault } from './request-faults.ts';

/** The reason of a decision; a word for the logs. */
export type Reason =
  | 'ok'
  /** Allowed under the local limiter, because the limit store is unavailable. */
  | 'ok-by-local-limits'
  | 'not-from-edge'
  | 'origin-secret-unknown'
  | RequestFault
  | 'unknown-route'
  | 'unknown-path'
  | 'unknown-method'
  | 'no-client-address'
  | 'address-not-allowed'
  | 'address-blocked'
  | 'maintenance'
  | 'route-disabled'
  | 'no-credential'
  | 'several-credentials'
  | 'several-tokens'
  | 'malformed-credential'
  | FieldFault
  | TokenFault
  | 'malformed-key'
  | 'other-environment-key'
  | 'wrong-secret'
  | 'key-address-not-allowed'
  | CredentialFault
  | SignatureFault
  | LimitStoreRefusal
  | 'issuer-unavailable'
  | 'client-directory-unavailable'
  | 'key-pepper-unknown'
  | 'no-permission'
  | 'rate-used-up'
  | 'quota-used-up'
  | 'cost-above-limit'
  | 'limit-store-unavailable'
  | 'internal-error';

/** The facts about a call at the time of its decision. */
export interface CallFacts {
  readonly policyVersion: string;
  readonly route?: PreparedRoute;
  readonly address?: ClientAddress;
  readonly identity?: Identity;
  readonly plan?: string;
  readonly cohort?: Cohort;
  /** Of the chosen variant. */
  readonly service?: string;
  /** The path that the service sees, when the route rewrites. */
  readonly path?: string;
}

/** What a decision says besides its name and reason. */
export interface DecisionDetails {
  readonly limits?: LimitFields;
  /** Used when no limit gives a retry time. */
  readonly retryAfterSeconds?: number;
  readonly challenge?: string;
  /** `Allow` of a refused method. */
  readonly allowedMethods?: string;
  readonly telemetry?: DecisionTelemetry;
}

/** Events of a decision that are counted, and not shown to the caller. */
export interface DecisionTelemetry {
  readonly limits?: VisibleLimits;
  readonly limitStoreFailure?: LimitStoreFailure;
  /** Result of rebuilding the monthly counters that were lost. */
  readonly rebuild?: Rebuild;
}

/** A context for API Gateway, and the events to count. */
export interface Decision {
  readonly context: DecisionContext;
  readonly telemetry: DecisionTelemetry;
}

/** Completes a decision: every key of the context is present and not empty. */
export function buildDecision(
  decision: DecisionName,
  reason: Reason,
  { policyVersion, route, address, identity = anonymous, plan, cohort, service, path }: CallFacts,
  { limits, retryAfterSeconds, challenge, allowedMethods = NO_VALUE, telemetry = {} }: DecisionDetails = {},
): Decision {
  const fields = limits ?? unknownLimits(route);
  const context: DecisionContext = {
    decision,
    reason,
    route: route?.key ?? NO_VALUE,
    service: service ?? route?.policy.service ?? NO_VALUE,
    cohort: cohort ?? 'stable',
    userId: identity.userId,
    userEmail: identity.userEmail,
    userRole: identity.userRole,
    clientId: identity.clientId,
    clientAddress: address?.text ?? NO_VALUE,
    caller: identity.caller,
    contentDigest: identity.contentDigest,
    plan: plan ?? NO_VALUE,
    monthStartDay: `${identity.monthStartDay}`,
    ...fields,
    retryAfter: retryAfterSeconds === undefined ? fields.retryAfter : `${retryAfterSeconds}`,
    challenge: challenge ?? bareChallenge,
    cacheControl: route?.policy.cacheControl ?? 'no-store',
    path: path ?? '/',
    allowedMethods,
    policyVersion,
  };
  return { context, telemetry };
}
