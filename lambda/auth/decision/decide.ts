import { type DecisionName, NO_VALUE, unmatchedPaths } from '../../../runtime/contracts/gateway-contract.ts';
import { grantsPermission } from '../../../runtime/contracts/permissions.ts';
import { type ClientAddress, readAddress } from '../../../runtime/http/client-address.ts';
import { fillPathTemplate } from '../../../runtime/http/path-template.ts';
import type { LimitStoreReply } from '../../../runtime/limit-store/limit-store.ts';
import { anonymous, type Identity } from '../../../runtime/tokens/identity.ts';
import type { Access, PlanPolicy } from '../contract.ts';
import { insufficientScope } from '../identity/challenge.ts';
import { checkCredential } from '../identity/credential-check.ts';
import { identify } from '../identity/identify.ts';
import type { ClientOverrides } from '../limits/client-overrides.ts';
import { limitFields } from '../limits/limit-fields.ts';
import {
  type AppliedLimit,
  appliedLimits,
  dividedAmong,
  type LimitResult,
  limitCall,
  limitResult,
  visibleLimits,
} from '../limits/limits.ts';
import type { Cohort } from './cohort.ts';
import {
  buildDecision,
  type CallFacts,
  type Decision,
  type DecisionDetails,
  type DecisionTelemetry,
  type Reason,
} from './decision.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';
import type { PreparedPolicy, PreparedRoute } from './prepared-policy.ts';
import { hasRepeatedVariantParameter, requestFault } from './request-faults.ts';
import { chooseTarget } from './target.ts';

/** A switch is set for minutes, and takes effect at the policy's next poll. */
const switchedOffSeconds = 60;

/**
 * Decides on one call, in this order: origin, well-formed request, route, address, switches, identity,
 * permission, limits. The first check that refuses ends it, and only a call that has passed all others is
 * counted.
 *
 * @param now Milliseconds since the epoch.
 */
export async function decide(
  request: GatewayRequest,
  policy: PreparedPolicy,
  ports: Ports,
  now: number,
): Promise<Decision> {
  const { version: policyVersion } = policy;
  const unknown: CallFacts = { policyVersion };
  const origin = await ports.originSecrets.check(request.originSecret, now);
  if (origin === 'unknown') return buildDecision('unavailable', 'origin-secret-unknown', unknown);
  if (origin === 'refused') return buildDecision('forbidden', 'not-from-edge', unknown);

  const fault = requestFault(request);
  if (fault !== undefined) return buildDecision('malformed', fault, unknown);

  const route = policy.routes.get(request.routeKey);
  if (route === undefined) return refuseUnmatched(request, policy, now);
  if (hasRepeatedVariantParameter(request.query, route.policy.variants)) {
    return buildDecision('malformed', 'repeated-parameter', { policyVersion, route });
  }

  const address = readAddress(request.viewerAddress);
  if (address === undefined) return buildDecision('forbidden', 'no-client-address', { policyVersion, route });
  const placed = { policyVersion, route, address };
  const refusal = refuseByPolicy(placed, policy, now);
  if (refusal !== undefined) return refusal;

  const identification = await identify({ request, route, address }, policy, ports, now);
  if (identification.kind === 'forbidden') return buildDecision('forbidden', identification.reason, placed);
  if (identification.kind === 'unavailable')
    return buildDecision('unavailable', identification.reason, placed);
  if (identification.kind === 'refused') {
    const { reason, challenge } = identification;
    return buildDecision('unauthenticated', reason, placed, { challenge });
  }
  const { identity } = identification;
  const overrides = policy.findOverrides(identity.clientId, now);
  const caller = identity === anonymous ? `address:${address.subscriber}` : identity.caller;
  const { service, rewrite } = chooseTarget(route.policy, request, caller);
  const path = rewrite === null ? '/' : fillPathTemplate(rewrite, request.pathParameters);
  if (path === undefined) return buildDecision('malformed', 'malformed-path', placed);
  const known = {
    policyVersion,
    route,
    address,
    identity,
    overrides,
    plan: planOf(identity, overrides, policy),
    service,
    path,
    cohort: cohortOf(request, { service, userId: identity.userId, caller }, policy),
  };
  if (overrides.isSuspended) return buildDecision('forbidden', 'client-suspended', known);
  if (!hasPermission(identity, route.policy.access)) {
    return buildDecision('forbidden', 'no-permission', known, scopeChallenge(identity, route.policy.access));
  }

  return takeLimits(known, policy, ports);
}

/**
 * The refusal of a call that matches no route of the catalogue. Blocked addresses and maintenance come first, as for
 * every call.
 */
function refuseUnmatched(
  { routeKey, viewerAddress, path }: GatewayRequest,
  policy: PreparedPolicy,
  now: number,
): Decision {
  const { version: policyVersion } = policy;
  const address = readAddress(viewerAddress);
  if (address === undefined) return buildDecision('forbidden', 'no-client-address', { policyVersion });
  const call = { policyVersion, address };
  const isUnmatched = unmatchedPaths.some((unmatched) => routeKey.endsWith(` ${unmatched}`));
  // A route of the API that the policy lacks: never allowed.
  if (!isUnmatched) return buildDecision('forbidden', 'unknown-route', call);
  const refusal = refuseByPolicy(call, policy, now);
  if (refusal !== undefined) return refusal;
  const methods = policy.methodsOf(path);
  if (methods.length === 0) return buildDecision('not-found', 'unknown-path', call);
  return buildDecision('method-not-allowed', 'unknown-method', call, { allowedMethods: methods.join(', ') });
}

/** The facts about a call before its caller is known. */
interface PlacedCall extends CallFacts {
  readonly route: PreparedRoute;
  readonly address: ClientAddress;
}

/** The refusal by the address or a switch of operators, if any. */
function refuseByPolicy(
  call: CallFacts & Pick<PlacedCall, 'address'>,
  policy: PreparedPolicy,
  now: number,
): Decision | undefined {
  const { route, address } = call;
  if (policy.blocked.includes(address, now) && !policy.neverBlocked.includes(address, now)) {
    return buildDecision('forbidden', 'address-blocked', call);
  }
  if (route?.addresses?.includes(address) === false) {
    return buildDecision('forbidden', 'address-not-allowed', call);
  }
  if (policy.maintenance !== null) {
    const { retryAfterSeconds } = policy.maintenance;
    return buildDecision('maintenance', 'maintenance', call, { retryAfterSeconds });
  }
  if (route?.isOff === true) {
    return buildDecision('disabled', 'route-disabled', call, { retryAfterSeconds: switchedOffSeconds });
  }
  return undefined;
}

/** The facts about a caller that is allowed, subject to its limits. */
interface KnownCaller extends PlacedCall {
  readonly identity: Identity;
  readonly overrides: ClientOverrides;
  readonly plan: string;
}

async function takeLimits(caller: KnownCaller, policy: PreparedPolicy, ports: Ports): Promise<Decision> {
  const { route, identity } = caller;
  const allowance = {
    plan: withGrants(policy.plans.get(caller.plan), caller.overrides),
    rate: caller.overrides.rate,
    monthStartDay: identity.monthStartDay,
  };
  const limits = appliedLimits(route, caller, allowance, policy.shadow);
  const call = limitCall(caller, limits);
  const answer = await ports.limitStore.take(call);
  if (answer.kind === 'answered') {
    const rebuild = await ports.usage.settle(call, answer);
    return buildCountedDecision(caller, { limits, answer }, ports, rebuild === undefined ? {} : { rebuild });
  }
  const telemetry = { limitStoreFailure: answer };
  const usesLocalLimits = route.policy.onLimitStoreFailure === 'open';
  const divided = dividedAmong(policy.expectedInstances, limits);
  const local = usesLocalLimits ? await ports.localLimitStore.take(limitCall(caller, divided)) : answer;
  if (local.kind === 'failed')
    return buildDecision('unavailable', 'limit-store-unavailable', caller, { telemetry });
  return buildCountedDecision(caller, { limits: divided, answer: local }, ports, telemetry);
}

function buildCountedDecision(
  caller: KnownCaller,
  { limits, answer }: { readonly limits: readonly AppliedLimit[]; readonly answer: LimitStoreReply },
  { random }: Ports,
  telemetry: DecisionTelemetry,
): Decision {
  const refused = checkCredential(caller.identity, answer.states);
  if (refused !== undefined) {
    const { reason, challenge } = refused;
    return buildDecision('unauthenticated', reason, caller, { challenge, telemetry });
  }
  const states = answer.states.slice(caller.identity.checks.length);
  const [name, reason] = outcomes[limitResult(limits, states)];
  const usesLocalLimits = telemetry.limitStoreFailure !== undefined;
  return buildDecision(name, usesLocalLimits && name === 'allow' ? 'ok-by-local-limits' : reason, caller, {
    limits: limitFields(limits, states, random),
    telemetry: { ...telemetry, limits: visibleLimits(limits, states) },
  });
}

const outcomes: Readonly<Record<LimitResult, readonly [DecisionName, Reason]>> = {
  passed: ['allow', 'ok'],
  throttled: ['throttled', 'rate-used-up'],
  quota: ['quota', 'quota-used-up'],
  // Not 429, because its Retry-After would promise success.
  impossible: ['forbidden', 'cost-above-limit'],
};

/**
 * The plan that operators have set for the client, or the one that its credential names, or the default one:
 * the first that the policy has. Anonymous callers have no plan.
 */
function planOf(identity: Identity, overrides: ClientOverrides, policy: PreparedPolicy): string {
  if (identity === anonymous) return NO_VALUE;
  const named = [overrides.plan, identity.plan].find((name) => name !== undefined && policy.plans.has(name));
  return named ?? policy.defaultPlan;
}

function withGrants(
  plan: PlanPolicy | undefined,
  { grantedRequests }: ClientOverrides,
): PlanPolicy | undefined {
  if (plan === undefined || plan.requestsPerMonth === null) return plan;
  return { ...plan, requestsPerMonth: plan.requestsPerMonth + grantedRequests };
}

function cohortOf(
  { headers, cookies }: GatewayRequest,
  { service, userId, caller }: { readonly service: string; readonly userId: string; readonly caller: string },
  policy: PreparedPolicy,
): Cohort {
  const choose = policy.cohorts.get(service);
  if (choose === undefined) return 'stable';
  return choose({
    userId,
    key: caller,
    header: (name) => headers[name] ?? '',
    cookie: (name) => cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1) ?? '',
  });
}

/** Of a token only: the permissions of other credentials are not scopes. */
function scopeChallenge(identity: Identity, access: Access): Pick<DecisionDetails, 'challenge'> {
  const isToken = identity !== anonymous && identity.keyId === NO_VALUE;
  return isToken && access.kind === 'permission' ? { challenge: insufficientScope(access.permission) } : {};
}

function hasPermission(identity: Identity, access: Access): boolean {
  return access.kind === 'permission' ? grantsPermission(identity.grants, access.permission) : true;
}
