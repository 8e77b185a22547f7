import { absent, type DecisionWord } from '../shared/contract.ts';
import { bareChallenge } from './challenge.ts';
import type { ClientAddress } from './client-address.ts';
import type { DecisionContext } from './contract.ts';
import { anonymous, type Identity } from './identity.ts';
import { type LimitFields, unknownLimits } from './limits.ts';
import type { PreparedRoute } from './prepared-policy.ts';
import type { TokenFault } from './token-verifier.ts';

/** Why a call was decided so; a word for the logs. */
export type Reason =
  | 'ok'
  /** Allowed under the local limiter, since the store is away. */
  | 'ok-by-local-limits'
  | 'not-from-edge'
  | 'origin-secret-unknown'
  | 'unknown-route'
  | 'no-client-address'
  | 'address-not-allowed'
  | 'no-token'
  | 'several-tokens'
  | TokenFault
  | 'issuer-away'
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
  readonly limits?: LimitFields;
  readonly challenge?: string;
}

/** Completes a decision: every key of the context is there and not empty, whatever was found out. */
export function conclude(decision: DecisionWord, reason: Reason, findings: Findings): DecisionContext {
  const { policyVersion, route, address, identity = anonymous } = findings;
  return {
    decision,
    reason,
    route: route?.key ?? absent,
    service: route?.policy.service ?? absent,
    cohort: 'stable',
    userId: identity.userId,
    userEmail: identity.userEmail,
    userRole: identity.userRole,
    clientId: identity.clientId,
    clientAddress: address?.text ?? absent,
    plan: findings.plan ?? absent,
    ...(findings.limits ?? unknownLimits(route)),
    challenge: findings.challenge ?? bareChallenge,
    cacheControl: route?.policy.cacheControl ?? 'no-store',
    policyVersion,
  };
}
