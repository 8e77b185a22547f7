import { absent } from '../shared/contract.ts';
import type { Check, CheckState, StoreAnswer, StoreCall } from '../shared/store/store.ts';
import { emissionIntervalMicroseconds } from '../shared/store/wire.ts';
import type { ClientAddress } from './client-address.ts';
import type { DecisionContext, PlanPolicy } from './contract.ts';
import { anonymous, type Identity } from './identity.ts';
import type { PreparedRoute } from './prepared-policy.ts';

/** What the caller is told of its limits: texts of the decision's context. */
export type LimitFields = Pick<
  DecisionContext,
  | 'rateLimit'
  | 'rateLimitPolicy'
  | 'limit'
  | 'remaining'
  | 'reset'
  | 'quotaLimit'
  | 'quotaRemaining'
  | 'quotaReset'
  | 'retryAfter'
>;

/** `impossible`: the call costs more than the limit ever gives, so there is no time to retry after. */
export type LimitVerdict = 'passed' | 'throttled' | 'quota' | 'impossible';

const unlimited = 'unlimited';

/**
 * The one store call of a decision: the route's rate, and the plan's requests of the month for a caller that has a
 * plan. All keys are the caller's own, so a rate by address on a route that asks who calls counts the caller at that
 * address: a cluster keeps one script's keys in one slot.
 */
export function limitCall(
  route: PreparedRoute,
  identity: Identity,
  address: ClientAddress,
  plan: PlanPolicy | undefined,
): StoreCall {
  const { limit, policy } = route;
  const isAnonymous = identity === anonymous;
  const rate: Check = {
    kind: 'rate',
    name: limit.by === 'user' || isAnonymous ? policy.limit : `${policy.limit}:${address.subscriber}`,
    requests: limit.requests,
    periodSeconds: limit.periodSeconds,
    burst: limit.burst,
    cost: policy.cost,
  };
  const perMonth = plan?.requestsPerMonth ?? null;
  const quota: Check[] = perMonth === null ? [] : [{ kind: 'quota', name: 'requests', perMonth, cost: 1 }];
  return {
    caller: isAnonymous ? `address:${address.subscriber}` : `user:${identity.account}`,
    checks: [rate, ...quota],
  };
}

/** A used-up month outweighs a used-up minute: the caller must wait for the later of the two. */
export function limitVerdict({ admitted, states }: StoreAnswer): LimitVerdict {
  if (admitted) return 'passed';
  if (states.some(({ verdict }) => verdict === 'never')) return 'impossible';
  return states[1]?.verdict === 'refused' ? 'quota' : 'throttled';
}

/**
 * Writes what the store answered. `RateLimit` and `RateLimit-Policy` are structured fields (RFC 9651) as
 * draft-ietf-httpapi-ratelimit-headers defines them: `t` is the time to the next unit, never after `Retry-After`.
 */
export function limitFields(
  route: PreparedRoute,
  plan: PlanPolicy | undefined,
  { states }: StoreAnswer,
): LimitFields {
  const [rate, quota] = states;
  if (rate === undefined) return unknownLimits(route);
  const retryMicroseconds = Math.max(...states.map((state) => state.retryMicroseconds));
  return {
    ...policyFields(route),
    rateLimit: `"${route.policy.limit}";r=${rate.remaining};t=${toSeconds(nextUnitMicroseconds(route, rate))}`,
    remaining: `${rate.remaining}`,
    reset: `${toSeconds(rate.resetMicroseconds)}`,
    quotaLimit: `${plan?.requestsPerMonth ?? unlimited}`,
    quotaRemaining: quota === undefined ? unlimited : `${quota.remaining}`,
    quotaReset: quota === undefined ? unlimited : `${toSeconds(quota.resetMicroseconds)}`,
    retryAfter: `${Math.max(1, toSeconds(retryMicroseconds))}`,
  };
}

/** Where the store was not asked, or is away: nothing is to be had now, and it is worth asking again in a second. */
export function unknownLimits(route: PreparedRoute | undefined): LimitFields {
  return {
    ...(route === undefined ? { rateLimitPolicy: '"gateway";q=0', limit: '0' } : policyFields(route)),
    rateLimit: `"${route?.policy.limit ?? 'gateway'}";r=0;t=1`,
    remaining: '0',
    reset: '1',
    quotaLimit: absent,
    quotaRemaining: absent,
    quotaReset: absent,
    retryAfter: '1',
  };
}

function policyFields({ policy, limit }: PreparedRoute) {
  return {
    rateLimitPolicy: `"${policy.limit}";q=${limit.requests};w=${limit.periodSeconds}`,
    limit: `${limit.burst}`,
  };
}

function nextUnitMicroseconds({ limit }: PreparedRoute, state: CheckState): number {
  const missing = limit.burst - state.remaining;
  if (missing <= 0) return 0;
  return state.resetMicroseconds - (missing - 1) * emissionIntervalMicroseconds(limit);
}

/** Whole seconds, never earlier than the time itself. */
function toSeconds(microseconds: number): number {
  return Math.ceil(microseconds / 1_000_000);
}
