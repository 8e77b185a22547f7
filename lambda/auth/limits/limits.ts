import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { ClientAddress } from '../../../runtime/http/client-address.ts';
import type {
  CheckState,
  LimitStoreRequest,
  QuotaCheck,
  RateCheck,
} from '../../../runtime/limit-store/limit-store.ts';
import { anonymous, type Identity } from '../../../runtime/tokens/identity.ts';
import type { PlanPolicy, RatePolicy } from '../contract.ts';
import type { PreparedLimit, PreparedRoute } from '../decision/prepared-policy.ts';

/** The caller that limits count. */
export interface LimitedCaller {
  readonly identity: Identity;
  readonly address: ClientAddress;
}

/** The caller's allowance besides the route's limits. */
export interface Allowance {
  /** Left out for callers without a plan. */
  readonly plan?: PlanPolicy | undefined;
  /** The client's own rate, in place of its plan's. */
  readonly rate?: RatePolicy | undefined;
  /**
   * Day of the calendar month on which its months begin, from 1 to 31; 1 unless the client has an
   * anniversary.
   */
  readonly monthStartDay: number;
}

/**
 * One limit of a call: its name in headers, metrics and the runtime policy, and its check in the limit store.
 */
export interface AppliedLimit {
  readonly name: string;
  readonly check: (RateCheck | QuotaCheck) & { readonly shadow: boolean };
}

/** `impossible`: the call costs more than the limit ever gives, so a retry never succeeds. */
export type LimitResult = 'passed' | 'throttled' | 'quota' | 'impossible';

/**
 * All limits of one call: those of the route, the rate of the client or else of its plan, and the plan's
 * requests and bytes of the month. A call counts its cost on every rate and one request on the month. Bytes
 * are charged later, when they are known, so they are only read here.
 *
 * @param shadow Names of limits in shadow, besides those of the catalogue.
 */
export function appliedLimits(
  route: PreparedRoute,
  caller: LimitedCaller,
  { plan, rate, monthStartDay }: Allowance,
  shadow: ReadonlySet<string>,
): AppliedLimit[] {
  const { cost } = route.policy;
  const limits = route.limits.map((limit) =>
    rateLimit(limit.name, limit, {
      name: keyOf(limit, caller),
      cost,
      shadow: limit.shadow || shadow.has(limit.name),
    }),
  );
  // Both rates share one key, so that an override resets no usage.
  if (rate !== undefined)
    limits.push(rateLimit('client', rate, { name: 'plan', cost, shadow: shadow.has('client') }));
  else if (plan?.rate !== undefined)
    limits.push(rateLimit('plan', plan.rate, { name: 'plan', cost, shadow: shadow.has('plan') }));

  const month = (name: string, key: string, perMonth: number | null, weight: number) => {
    if (perMonth === null) return;
    limits.push({
      name,
      check: {
        kind: 'quota',
        name: key,
        startDay: monthStartDay,
        perMonth,
        cost: weight,
        shadow: shadow.has(name),
      },
    });
  };
  month('month', 'requests', plan?.requestsPerMonth ?? null, 1);
  month('month-bytes', 'bytes', plan?.bytesPerMonth ?? null, 0);
  return limits;
}

/**
 * The limit-store call of a decision: the checks of the credential, then the limits. Its caller is the hash
 * tag of all its keys, the most specific identity available: a registered client whichever of its keys it
 * calls with, a token's user by issuer and subject, anybody else by address.
 */
export function limitCall(
  { identity, address }: LimitedCaller,
  limits: readonly AppliedLimit[],
): LimitStoreRequest {
  return {
    caller: identity === anonymous ? `address:${address.subscriber}` : identity.caller,
    checks: [...identity.checks, ...limits.map(({ check }) => check)],
  };
}

/**
 * The limits for one of several instances that each count alone: a rate is divided among them. Months are not
 * divided, because one instance never counts more than what was used.
 */
export function dividedAmong(instances: number, limits: readonly AppliedLimit[]): AppliedLimit[] {
  return limits.map(({ name, check }) => {
    if (check.kind === 'quota') return { name, check };
    const burst = Math.max(Math.floor(check.burst / instances), Math.min(check.cost, check.burst), 1);
    return { name, check: { ...check, burst, periodSeconds: check.periodSeconds * instances } };
  });
}

/**
 * The result of the limits of a call that nothing else refuses. An exhausted month takes precedence over a
 * rate: the caller must wait for the later of the two.
 *
 * @param states Of the limits, in their order.
 */
export function limitResult(limits: readonly AppliedLimit[], states: readonly CheckState[]): LimitResult {
  let result: LimitResult = 'passed';
  for (const [index, { check }] of limits.entries()) {
    const found = check.shadow ? 'passed' : states[index]?.result;
    if (found === 'never') return 'impossible';
    if (found === 'refused' && result !== 'quota') result = check.kind === 'quota' ? 'quota' : 'throttled';
  }
  return result;
}

function rateLimit(
  name: string,
  { requests, periodSeconds, burst }: RatePolicy,
  counted: { readonly name: string; readonly cost: number; readonly shadow: boolean },
): AppliedLimit {
  const { name: key, cost, shadow } = counted;
  return { name, check: { kind: 'rate', name: key, requests, periodSeconds, burst, cost, shadow } };
}

/**
 * A limit's key within its caller's. A cluster keeps one script's keys in one slot, so every limit of a call
 * counts within the caller: by address a known caller at that address (the edge counts addresses as such), by
 * client a token's user within its application, by user a client without one.
 */
function keyOf({ name, by }: PreparedLimit, { identity, address }: LimitedCaller): string {
  if (identity === anonymous) return name;
  const isKey = identity.keyId !== NO_VALUE;
  if (by === 'address') return `${name}:${address.subscriber}`;
  if (by === 'key' && isKey) return `${name}:${identity.keyId}`;
  return by === 'client' && !isKey ? `${name}:${identity.clientId}` : name;
}

/** Limit usage that operators should know before callers complain. */
export interface VisibleLimits {
  /** The limit that is closest to exhaustion, when at least four fifths of it are used. */
  readonly closest?: { readonly name: string; readonly isOver: boolean };
  /** A limit in shadow that would have refused. */
  readonly overInShadow?: string;
}

const nearShare = 0.8;

/** @param states Of the limits, in their order. */
export function visibleLimits(limits: readonly AppliedLimit[], states: readonly CheckState[]): VisibleLimits {
  let closest: { name: string; isOver: boolean; used: number } | undefined;
  let overInShadow: string | undefined;
  for (const [index, { name, check }] of limits.entries()) {
    const state = states[index];
    if (state === undefined) continue;
    const isOver = state.result !== 'passed';
    if (check.shadow) {
      if (isOver) overInShadow ??= name;
      continue;
    }
    const used = isOver ? 2 : 1 - state.remaining / (check.kind === 'rate' ? check.burst : check.perMonth);
    if (used >= (closest?.used ?? nearShare)) closest = { name, isOver, used };
  }
  return {
    ...(closest === undefined ? {} : { closest: { name: closest.name, isOver: closest.isOver } }),
    ...(overInShadow === undefined ? {} : { overInShadow }),
  };
}
