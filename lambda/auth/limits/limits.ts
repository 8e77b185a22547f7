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

/** What a caller may have besides what the route's limits give to everybody. */
export interface Allowance {
  /** Left out for callers without one. */
  readonly plan?: PlanPolicy | undefined;
  /** The client's own rate, in place of its plan's. */
  readonly rate?: RatePolicy | undefined;
  /** Day of the calendar month on which its months begin, from 1 to 31; 1 unless the client has an anniversary. */
  readonly monthStartDay: number;
}

/** One limit of a call: its name in headers, metrics and the runtime policy, and what is asked of the store. */
export interface AppliedLimit {
  readonly name: string;
  readonly check: (RateCheck | QuotaCheck) & { readonly shadow: boolean };
}

/** `impossible`: the call costs more than the limit ever gives, so there is no time to retry after. */
export type LimitResult = 'passed' | 'throttled' | 'quota' | 'impossible';

/**
 * All limits of one call: those of the route, the rate of the client or else of its plan, and the plan's requests and
 * bytes of the month. A call weighs its cost on every rate and one request on the month; bytes are charged when they
 * are known, so that here they are only asked for.
 *
 * @param shadow Names of limits that refuse nobody, besides those that the catalogue says.
 */
export function appliedLimits(
  route: PreparedRoute,
  identity: Identity,
  address: ClientAddress,
  { plan, rate, monthStartDay }: Allowance,
  shadow: ReadonlySet<string>,
): AppliedLimit[] {
  const { cost } = route.policy;
  const limits = route.limits.map((limit) =>
    rateLimit(
      limit.name,
      limit,
      keyOf(limit, identity, address),
      cost,
      limit.shadow || shadow.has(limit.name),
    ),
  );
  // Under one key, so that an override resets no usage.
  if (rate !== undefined) limits.push(rateLimit('client', rate, 'plan', cost, shadow.has('client')));
  else if (plan?.rate !== undefined)
    limits.push(rateLimit('plan', plan.rate, 'plan', cost, shadow.has('plan')));

  const month = (name: string, key: string, perMonth: number | null, weight: number) => {
    if (perMonth === null) return;
    const check = { kind: 'quota', name: key, startDay: monthStartDay, perMonth, cost: weight } as const;
    limits.push({ name, check: { ...check, shadow: shadow.has(name) } });
  };
  month('month', 'requests', plan?.requestsPerMonth ?? null, 1);
  month('month-bytes', 'bytes', plan?.bytesPerMonth ?? null, 0);
  return limits;
}

/**
 * The one store call of a decision: what the credential asks, then the limits. Whom it counts is the hash tag of all its
 * keys, the most specific identity there is: a registered client whichever of its keys it calls with, a token's user by
 * issuer and subject, anybody else by address.
 */
export function limitCall(
  identity: Identity,
  address: ClientAddress,
  limits: readonly AppliedLimit[],
): LimitStoreRequest {
  return {
    caller: identity === anonymous ? `address:${address.subscriber}` : identity.caller,
    checks: [...identity.checks, ...limits.map(({ check }) => check)],
  };
}

/**
 * The limits for one of several instances that each count alone: a rate is divided among them. Months are not, because
 * what one instance has counted is never more than what was used.
 */
export function dividedAmong(instances: number, limits: readonly AppliedLimit[]): AppliedLimit[] {
  return limits.map(({ name, check }) => {
    if (check.kind === 'quota') return { name, check };
    const burst = Math.max(Math.floor(check.burst / instances), Math.min(check.cost, check.burst), 1);
    return { name, check: { ...check, burst, periodSeconds: check.periodSeconds * instances } };
  });
}

/**
 * What the limits say of a call that nothing else refuses. A used-up month outweighs a used-up minute: the caller must
 * wait for the later of the two.
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
  key: string,
  cost: number,
  shadow: boolean,
): AppliedLimit {
  return { name, check: { kind: 'rate', name: key, requests, periodSeconds, burst, cost, shadow } };
}

/**
 * A limit's key among its caller's. A cluster keeps one script's keys in one slot, so every limit of a call counts
 * within the caller: by address a known caller at that address (addresses as such are the edge's to count), by client a
 * token's user within its application, by user a client without one.
 */
function keyOf({ name, by }: PreparedLimit, identity: Identity, address: ClientAddress): string {
  if (identity === anonymous) return name;
  const isKey = identity.keyId !== NO_VALUE;
  if (by === 'address') return `${name}:${address.subscriber}`;
  if (by === 'key' && isKey) return `${name}:${identity.keyId}`;
  return by === 'client' && !isKey ? `${name}:${identity.clientId}` : name;
}

/** What operators want to hear of before callers complain. */
export interface VisibleLimits {
  /** The limit that is closest to its end, where at least four fifths of it are used. */
  readonly closest?: { readonly name: string; readonly isOver: boolean };
  /** A limit that would have refused, were it not in shadow. */
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
