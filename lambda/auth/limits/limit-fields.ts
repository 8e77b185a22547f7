import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import { emissionIntervalMicroseconds } from '../../../runtime/limit-store/limit-script-wire.ts';
import type { CheckState } from '../../../runtime/limit-store/limit-store.ts';
import type { DecisionContext } from '../contract.ts';
import type { PreparedRoute } from '../decision/prepared-policy.ts';
import type { AppliedLimit } from './limits.ts';

/** Header values about the caller's limits: texts of the decision's context. */
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
  | 'quotaBytes'
  | 'retryAfter'
>;

const unlimited = 'unlimited';

/** A longer window gets jitter; callers of a short window do not all wait for the same instant. */
const longWindowSeconds = 60;
const jitterShare = 0.01;
const maxJitterSeconds = 300;
const shortestMonthSeconds = 28 * 86_400;

/**
 * Writes the limit store's result, in the same way on every answer. `RateLimit` and `RateLimit-Policy` are
 * structured fields (RFC 9651) as draft-ietf-httpapi-ratelimit-headers defines them, an item for each limit:
 * `t` is the time to the next unit. `X-RateLimit-*` is of the rate closest to exhaustion, `Retry-After` of
 * the latest of the limits that refused. A limit in shadow is omitted.
 *
 * @param states Of the limits, in their order.
 * @param random From 0 to below 1. It spreads the retries of callers that wait for the same month.
 */
export function limitFields(
  limits: readonly AppliedLimit[],
  states: readonly CheckState[],
  random: () => number,
): LimitFields {
  const visible = limits.flatMap((limit, index) => {
    const state = states[index];
    return state === undefined || limit.check.shadow ? [] : [{ ...limit, state }];
  });
  const closest = visible
    .filter(({ check }) => check.kind === 'rate')
    .reduce<VisibleLimit | undefined>(closer, undefined);
  const month = visible.find(({ name }) => name === 'month');
  const bytes = visible.find(({ name }) => name === 'month-bytes');
  return {
    rateLimitPolicy: visible.length === 0 ? unlimitedPolicy : visible.map(policyItem).join(', '),
    rateLimit: visible.length === 0 ? unlimitedState : visible.map(stateItem).join(', '),
    limit: closest?.check.kind === 'rate' ? `${closest.check.burst}` : unlimited,
    remaining: closest === undefined ? unlimited : `${closest.state.remaining}`,
    reset: closest === undefined ? unlimited : `${toSeconds(closest.state.resetMicroseconds)}`,
    quotaLimit: month?.check.kind === 'quota' ? `${month.check.perMonth}` : unlimited,
    quotaRemaining: month === undefined ? unlimited : `${month.state.remaining}`,
    quotaReset: month === undefined ? unlimited : `${toSeconds(month.state.resetMicroseconds)}`,
    quotaBytes: bytes?.check.kind === 'quota' ? `${bytes.check.perMonth}` : unlimited,
    retryAfter: `${Math.max(1, ...visible.map((limit) => retryAfterSeconds(limit, random)))}`,
  };
}

/** Without a result of the limit store: nothing remains now, and a retry makes sense in a second. */
export function unknownLimits(route: PreparedRoute | undefined): LimitFields {
  const limits = (route?.limits ?? []).filter(({ shadow }) => !shadow);
  const policies = limits.map(({ name, requests, periodSeconds }) =>
    policyText(name, requests, periodSeconds),
  );
  return {
    rateLimitPolicy: policies.length === 0 ? '"gateway";q=0' : policies.join(', '),
    rateLimit:
      limits.length === 0 ? '"gateway";r=0;t=1' : limits.map(({ name }) => `"${name}";r=0;t=1`).join(', '),
    limit: `${limits[0]?.burst ?? 0}`,
    remaining: '0',
    reset: '1',
    quotaLimit: NO_VALUE,
    quotaRemaining: NO_VALUE,
    quotaReset: NO_VALUE,
    quotaBytes: NO_VALUE,
    retryAfter: '1',
  };
}

interface VisibleLimit extends AppliedLimit {
  readonly state: CheckState;
}

/** For a caller without any limit: the largest integer of a structured field (RFC 9651 section 3.3.1). */
const unlimitedPolicy = '"unlimited";q=999999999999999';
const unlimitedState = '"unlimited";r=999999999999999';

/**
 * A limit that has refused first, then the one with the least left, then the one that takes longest to
 * refill.
 */
function closer(a: VisibleLimit | undefined, b: VisibleLimit): VisibleLimit {
  if (a === undefined) return b;
  const by =
    Number(b.state.result !== 'passed') - Number(a.state.result !== 'passed') ||
    a.state.remaining - b.state.remaining ||
    b.state.resetMicroseconds - a.state.resetMicroseconds;
  return by > 0 ? b : a;
}

function policyItem({ name, check }: VisibleLimit): string {
  if (check.kind === 'rate') return policyText(name, check.requests, check.periodSeconds);
  // No window, because months differ in length.
  return `"${name}";q=${check.perMonth}${check.name === 'bytes' ? ';qu="content-bytes"' : ''}`;
}

function policyText(name: string, requests: number, periodSeconds: number): string {
  return `"${name}";q=${requests};w=${periodSeconds}`;
}

function stateItem(limit: VisibleLimit): string {
  return `"${limit.name}";r=${limit.state.remaining};t=${toSeconds(nextUnitMicroseconds(limit))}`;
}

function nextUnitMicroseconds({ check, state }: VisibleLimit): number {
  if (check.kind === 'quota') return state.resetMicroseconds;
  const missing = check.burst - state.remaining;
  if (missing <= 0) return 0;
  return state.resetMicroseconds - (missing - 1) * emissionIntervalMicroseconds(check);
}

/** 0 for a limit that has not refused. Never earlier than the limit's own time. */
function retryAfterSeconds({ check, state }: VisibleLimit, random: () => number): number {
  if (state.result !== 'refused') return 0;
  const window = check.kind === 'rate' ? check.periodSeconds : shortestMonthSeconds;
  const jitter = window > longWindowSeconds ? Math.min(window * jitterShare, maxJitterSeconds) * random() : 0;
  return Math.ceil(state.retryMicroseconds / 1_000_000 + jitter);
}

/** Whole seconds, never earlier than the time itself. */
function toSeconds(microseconds: number): number {
  return Math.ceil(microseconds / 1_000_000);
}
