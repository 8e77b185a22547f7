import { AddressList } from './client-address.ts';
import type { LimitPolicy, PlanPolicy, Policy, RoutePolicy } from './contract.ts';
import type { TokenPolicy } from './token-verifier.ts';

/** A route with all that it refers to. */
export interface PreparedRoute {
  readonly key: string;
  readonly policy: RoutePolicy;
  readonly limit: LimitPolicy;
  /** Null is everybody. */
  readonly addresses: AddressList | null;
}

/** A policy made ready to decide by: names resolved and ranges read once, not on each call. */
export interface PreparedPolicy extends TokenPolicy {
  readonly routes: ReadonlyMap<string, PreparedRoute>;
  readonly plans: ReadonlyMap<string, PlanPolicy>;
  readonly defaultPlan: string;
}

/** @throws Error that names the route and what is wrong with it. */
export function preparePolicy(policy: Policy): PreparedPolicy {
  const limits = new Map(Object.entries(policy.limits));
  const plans = new Map(Object.entries(policy.plans));
  if (!plans.has(policy.defaultPlan)) {
    throw new Error(`The default plan "${policy.defaultPlan}" is not there. Add it to the plans.`);
  }
  const routes = Object.entries(policy.routes).map(([key, route]): [string, PreparedRoute] => {
    const limit = limits.get(route.limit);
    if (limit === undefined) {
      throw new Error(`The route "${key}" names the limit "${route.limit}", which is not there. Add it.`);
    }
    const addresses = route.addresses === null ? null : new AddressList(route.addresses);
    return [key, { key, policy: route, limit, addresses }];
  });
  return {
    version: policy.version,
    issuers: policy.issuers,
    routes: new Map(routes),
    plans,
    defaultPlan: policy.defaultPlan,
  };
}
