import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import { emissionIntervalMicroseconds } from '../../../runtime/limit-store/limit-script-wire.ts';
import type { CheckState, QuotaCheck, RateCheck } from '../../../runtime/limit-store/limit-store.ts';
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
  let policies = '';
  let items = '';
  let rate: CountedRate | undefined;
  let month: CountedMonth | undefined;
  let bytes = unlimited;
  let retryAfter = 1;
  for (const [index, { name, check }] of limits.entries()) {
    const state = states[index];
    if (state === undefined || check.shadow) continue;
    const separator = policies === '' ? '' : ', ';
    policies += separator + policyItem(name, check);
    items += `${separator}"${name}";r=${state.remaining};t=${toSeconds(nextUnitMicroseconds(check, state))}`;
    if (state.result === 'refused')
      retryAfter = Math.max(retryAfter, retryAfterSeconds(check, state, random));
    if (check.kind === 'rate') {
      if (rate === undefined || isCloser(state, rate.state)) rate = { check, state };
    } else if (name === 'month') month = { check, state };
    else if (name === 'month-bytes') bytes = `${check.perMonth}`;
  }
  return {
    rateLimitPolicy: policies === '' ? unlimitedPolicy : policies,
    rateLimit: items === '' ? unlimitedState : items,
    limit: rate === undefined ? unlimited : `${rate.check.burst}`,
    remaining: rate === undefined ? unlimited : `${rate.state.remaining}`,
    reset: rate === undefined ? unlimited : `${toSeconds(rate.state.resetMicroseconds)}`,
    quotaLimit: month === undefined ? unlimited : `${month.check.perMonth}`,
    quotaRemaining: month === undefined ? unlimited : `${month.state.remaining}`,
    quotaReset: month === undefined ? unlimited : `${toSeconds(month.state.resetMicroseconds)}`,
    quotaBytes: bytes,
    retryAfter: `${retryAfter}`,
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

interface CountedRate {
  readonly check: RateCheck;
  readonly state: CheckState;
}

interface CountedMonth {
  readonly check: QuotaCheck;
  readonly state: CheckState;
}

/** For a caller without any limit: the largest integer of a structured field (RFC 9651 section 3.3.1). */
const unlimitedPolicy = '"unlimited";q=999999999999999';
const unlimitedState = '"unlimited";r=999999999999999';

/**
 * A limit that has refused first, then the one with the least left, then the one that takes longest to
 * refill.
 */
function isCloser(one: CheckState, other: CheckState): boolean {
  const by =
    Number(one.result !== 'passed') - Number(other.result !== 'passed') ||
    other.remaining - one.remaining ||
    one.resetMicroseconds - other.resetMicroseconds;
  return by > 0;
}

function policyItem(name: string, check: RateCheck | QuotaCheck): string {
  if (check.kind === 'rate') return policyText(name, check.requests, check.periodSeconds);
  // No window, because months differ in length.
  return `"${name}";q=${check.perMonth}${check.name === 'bytes' ? ';qu="content-bytes"' : ''}`;
}

function policyText(name: string, requests: number, periodSeconds: number): string {
  return `"${name}";q=${requests};w=${periodSeconds}`;
}

function nextUnitMicroseconds(check: RateCheck | QuotaCheck, state: CheckState): number {
  if (check.kind === 'quota') return state.resetMicroseconds;
  const missing = check.burst - state.remaining;
  if (missing <= 0) return 0;
  return state.resetMicroseconds - (missing - 1) * emissionIntervalMicroseconds(check);
}

/** Of a limit that has refused: never earlier than the limit's own time. */
function retryAfterSeconds(
  check: RateCheck | QuotaCheck,
  { retryMicroseconds }: CheckState,
  random: () => number,
): number {
  const window = check.kind === 'rate' ? check.periodSeconds : shortestMonthSeconds;
  const jitter = window > longWindowSeconds ? Math.min(window * jitterShare, maxJitterSeconds) * random() : 0;
  return Math.ceil(retryMicroseconds / 1_000_000 + jitter);
}

/** Whole seconds, never earlier than the time itself. */
function toSeconds(microseconds: number): number {
  return Math.ceil(microseconds / 1_000_000);
}
