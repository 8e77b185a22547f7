import type { TokenPolicy } from '../../../runtime/contracts/gateway-contract.ts';
import { AddressList } from '../../../runtime/http/client-address.ts';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { LimitPolicy, PlanPolicy, Policy, RoutePolicy } from '../contract.ts';
import { type FindOverrides, resolveOverrides } from '../limits/client-overrides.ts';
import { type ChooseCohort, chooseCohort } from './cohort.ts';
import { TimedAddresses } from './timed-addresses.ts';

/** A route with everything that it refers to. */
export interface PreparedRoute {
  readonly key: string;
  readonly policy: RoutePolicy;
  readonly limits: readonly PreparedLimit[];
  /** Null is every address. */
  readonly addresses: AddressList | null;
  /** Operators have switched it off. */
  readonly isOff: boolean;
}

export interface PreparedLimit extends LimitPolicy {
  readonly name: string;
}

/** A policy prepared for decisions: names are resolved and ranges parsed once, not on each call. */
export interface PreparedPolicy extends TokenPolicy {
  readonly routes: ReadonlyMap<string, PreparedRoute>;
  /** Methods that the API supports at a path, HEAD included; none for an unknown path. */
  readonly methodsOf: (path: string) => readonly string[];
  readonly plans: ReadonlyMap<string, PlanPolicy>;
  readonly defaultPlan: string;
  readonly environment: string;
  /** Number of concurrent instances: the divisor of a limit when each instance counts alone. */
  readonly expectedInstances: number;
  /** Names of limits that operators have put into shadow, besides those of the catalogue. */
  readonly shadow: ReadonlySet<string>;
  readonly findOverrides: FindOverrides;
  /** By service; a service without an entry has only the stable cohort. */
  readonly cohorts: ReadonlyMap<string, ChooseCohort>;
  /** Blocked addresses, except those of the second list. */
  readonly blocked: TimedAddresses;
  readonly neverBlocked: TimedAddresses;
  /** Null outside maintenance. */
  readonly maintenance: RuntimePolicy['maintenance'];
}

/**
 * Merges the runtime policy into the bundle's policy. Names that the bundle does not have are ignored: a
 * deployment that removes a route or a service must not invalidate the operators' other settings.
 *
 * @throws Error that names the faulty route.
 */
export function preparePolicy(policy: Policy, overlay: RuntimePolicy = emptyRuntimePolicy): PreparedPolicy {
  const limits = new Map(Object.entries(policy.limits));
  const plans = new Map<string, PlanPolicy>([
    ...Object.entries(policy.plans),
    ...Object.entries(overlay.plans),
  ]);
  if (!plans.has(policy.defaultPlan)) {
    throw new Error(`The default plan "${policy.defaultPlan}" does not exist. Add it to the plans.`);
  }
  const routes = Object.entries(policy.routes).map(([key, route]): [string, PreparedRoute] => {
    const addresses = route.addresses === null ? null : new AddressList(route.addresses);
    const named = route.limits.map((name): PreparedLimit => {
      const limit = limits.get(name);
      if (limit === undefined) {
        throw new Error(`The route "${key}" names the limit "${name}", which does not exist. Add it.`);
      }
      return { name, ...limit };
    });
    return [key, { key, policy: route, limits: named, addresses, isOff: isSwitchedOff(key, overlay) }];
  });
  return {
    version: `${policy.version}+${overlay.version}`,
    issuers: policy.issuers,
    routes: new Map(routes),
    methodsOf: methodsByPath([...Object.keys(policy.routes), ...policy.otherRoutes]),
    plans,
    defaultPlan: policy.defaultPlan,
    environment: policy.environment,
    expectedInstances: policy.expectedInstances,
    shadow: new Set(overlay.shadow),
    findOverrides: resolveOverrides(overlay),
    cohorts: new Map(Object.entries(overlay.cohorts).map(([service, rule]) => [service, chooseCohort(rule)])),
    blocked: new TimedAddresses(overlay.addresses.block),
    neverBlocked: new TimedAddresses(overlay.addresses.allow),
    maintenance: overlay.maintenance,
  };
}

/** Finds the methods of the route keys whose path matches. */
function methodsByPath(routeKeys: readonly string[]): PreparedPolicy['methodsOf'] {
  const routes = routeKeys.map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, template: path.split('/') };
  });
  return (path) => {
    const segments = path.split('/');
    const found = routes.filter(({ template }) => matchesTemplate(template, segments));
    return [...new Set(found.map(({ method }) => method))].sort();
  };
}

/** `{id}` is one segment, `{rest+}` one or more at the end; neither is empty. */
function matchesTemplate(template: readonly string[], segments: readonly string[]): boolean {
  const isGreedy = template.at(-1)?.endsWith('+}') === true;
  if (isGreedy ? segments.length < template.length : segments.length !== template.length) return false;
  return template.every((part, index) =>
    part.startsWith('{') ? segments[index] !== '' : part === segments[index],
  );
}

/** A HEAD without its own switch follows its GET. */
function isSwitchedOff(key: string, { routes }: RuntimePolicy): boolean {
  const own = routes[key] ?? routes[key.replace(/^HEAD /, 'GET ')];
  return own?.enabled === false;
}
