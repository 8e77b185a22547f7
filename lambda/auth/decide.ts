import { absent, type DecisionWord } from '../shared/contract.ts';
import { readAddress } from './client-address.ts';
import type { Access, DecisionContext } from './contract.ts';
import { conclude, type Findings, type Reason } from './decision.ts';
import { identify } from './identify.ts';
import { anonymous, type Identity } from './identity.ts';
import { type LimitVerdict, limitCall, limitFields, limitVerdict } from './limits.ts';
import { covers } from './permissions.ts';
import type { Ports } from './ports.ts';
import type { PreparedPolicy, PreparedRoute } from './prepared-policy.ts';
import type { GatewayRequest } from './request.ts';

/**
 * Decides on one call, in this order: origin, route, address, identity, permission, limits. The first that refuses
 * ends it, and only a call that has passed all others is counted.
 *
 * @param now Milliseconds since the epoch.
 */
export async function decide(
  request: GatewayRequest,
  policy: PreparedPolicy,
  ports: Ports,
  now: number,
): Promise<DecisionContext> {
  const unknown: Findings = { policyVersion: policy.version };
  const origin = await ports.originSecrets.check(request.originSecret, now);
  if (origin === 'unknown') return conclude('unavailable', 'origin-secret-unknown', unknown);
  if (origin === 'refused') return conclude('forbidden', 'not-from-edge', unknown);

  const route = policy.routes.get(request.routeKey);
  if (route === undefined) return conclude('forbidden', 'unknown-route', unknown);

  const address = readAddress(request.viewerAddress);
  if (address === undefined) return conclude('forbidden', 'no-client-address', { ...unknown, route });
  const placed = { ...unknown, route, address };
  if (route.addresses?.includes(address) === false) {
    return conclude('forbidden', 'address-not-allowed', placed);
  }

  const identification = await identify(request, route, policy, ports.tokens, now);
  if (identification.kind === 'unavailable') return conclude('unavailable', identification.reason, placed);
  if (identification.kind === 'refused') {
    return conclude('unauthenticated', identification.reason, {
      ...placed,
      challenge: identification.challenge,
    });
  }
  const { identity } = identification;
  const known = { ...placed, identity, plan: planOf(identity, policy) };
  if (!mayDo(identity, route.policy.access)) return conclude('forbidden', 'no-permission', known);

  return count(known, policy, ports);
}

/** What is known of a caller that may call, if its limits let it. */
interface KnownCaller extends Findings {
  readonly route: PreparedRoute;
  readonly address: NonNullable<Findings['address']>;
  readonly identity: Identity;
  readonly plan: string;
}

async function count(caller: KnownCaller, policy: PreparedPolicy, ports: Ports): Promise<DecisionContext> {
  const { route, identity, address } = caller;
  const plan = policy.plans.get(caller.plan);
  const call = limitCall(route, identity, address, plan);
  let answer = await ports.store.take(call);
  const standsIn = answer.kind === 'failed' && route.policy.onStoreFailure === 'open';
  if (standsIn) answer = await ports.localStore.take(call);
  if (answer.kind === 'failed') return conclude('unavailable', 'store-away', caller);

  const [word, reason] = outcomes[limitVerdict(answer)];
  return conclude(word, standsIn && word === 'allow' ? 'ok-by-local-limits' : reason, {
    ...caller,
    limits: limitFields(route, plan, answer),
  });
}

const outcomes: Readonly<Record<LimitVerdict, readonly [DecisionWord, Reason]>> = {
  passed: ['allow', 'ok'],
  throttled: ['throttled', 'rate-used-up'],
  quota: ['quota', 'quota-used-up'],
  // Not 429: its Retry-After would promise what never comes.
  impossible: ['forbidden', 'cost-above-limit'],
};

/** The plan that the token names, or the default one where the policy does not know it. Nobody has no plan. */
function planOf(identity: Identity, policy: PreparedPolicy): string {
  if (identity === anonymous) return absent;
  return policy.plans.has(identity.plan) ? identity.plan : policy.defaultPlan;
}

function mayDo(identity: Identity, access: Access): boolean {
  return access.kind === 'permission' ? covers(identity.grants, access.permission) : true;
}
