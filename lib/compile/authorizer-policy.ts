import { createHash } from 'node:crypto';
import type { Access, Policy, RoutePolicy, VariantPolicy } from '../../lambda/auth/contract.ts';
import type { IssuerBounds, IssuerPolicy, TokenPolicy } from '../../runtime/contracts/gateway-contract.ts';
import type { CatalogueNames } from '../../runtime/policy/policy-references.ts';
import {
  apiRouteKeys,
  builtInLimitNames,
  type Configuration,
  expectedInstances,
  healthRouteKeys,
  limitNames,
  type Route,
  routeTarget,
  webhookRouteKey,
} from '../config/index.ts';
import { tokenSecretName } from './token-secret-name.ts';

/** Compiles the catalogue and one environment to the policy of the authorizer. */
export function compilePolicy({ catalogue, environment }: Configuration): Policy {
  const policy: Omit<Policy, 'version'> = {
    environment: environment.name,
    expectedInstances: expectedInstances(environment),
    issuers: issuerPolicies(environment),
    limits: catalogue.limits,
    plans: catalogue.plans,
    defaultPlan: catalogue.defaultPlan,
    routes: Object.fromEntries(
      Object.entries(catalogue.routes).flatMap(([key, route]) =>
        apiRouteKeys(key, route).map((apiKey) => [
          apiKey,
          routePolicy(route, catalogue, environment.addressLists),
        ]),
      ),
    ),
    otherRoutes: [...healthRouteKeys(catalogue), ...Object.values(catalogue.webhooks).map(webhookRouteKey)],
  };
  const digest = createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 12);
  return { version: `catalogue-${digest}`, ...policy };
}

/** Compiles the accepted issuers for the revocation function. */
export function compileTokenPolicy(configuration: Configuration): TokenPolicy {
  const { version, issuers } = compilePolicy(configuration);
  return { version, issuers };
}

/** Names in the catalogue that a runtime policy can refer to. */
export function catalogueNames(configuration: Configuration): CatalogueNames {
  const { plans, services, limits } = configuration.catalogue;
  return {
    plans: Object.keys(plans),
    canaryServices: Object.entries(services).flatMap(([name, service]) =>
      'canary' in service && service.canary !== undefined ? [name] : [],
    ),
    routes: Object.keys(compilePolicy(configuration).routes),
    limits: [...Object.keys(limits), ...builtInLimitNames],
  };
}

/** `Cache-Control` of a route's successful answers; `private, no-store` for a route without `cache`. */
export function cacheControl(cache: Route['cache']): string {
  if (cache === undefined) return 'private, no-store';
  return [
    'public',
    `max-age=${cache.seconds}`,
    ...(cache.staleWhileRevalidateSeconds > 0
      ? [`stale-while-revalidate=${cache.staleWhileRevalidateSeconds}`]
      : []),
    ...(cache.staleIfErrorSeconds > 0 ? [`stale-if-error=${cache.staleIfErrorSeconds}`] : []),
  ].join(', ');
}

function routePolicy(
  route: Route,
  catalogue: Configuration['catalogue'],
  lists: Configuration['environment']['addressLists'],
): RoutePolicy {
  return {
    service: routeTarget(catalogue, route).name,
    access: accessOf(route),
    signature: route.signature === 'required',
    limits: limitNames(route),
    cost: route.cost,
    onLimitStoreFailure: route.onLimitStoreFailure,
    cacheControl: cacheControl(route.cache),
    addresses: route.addresses === undefined ? null : (lists[route.addresses] ?? []),
    rewrite: route.rewrite ?? null,
    variants: variantPolicies(route, catalogue),
  };
}

/** Variants as ranges of the callers' hash. The ranges follow each other in the order of the variants. */
function variantPolicies({ variants }: Route, catalogue: Configuration['catalogue']): VariantPolicy[] {
  let from = 0;
  return variants.map((variant) => {
    const { host, header, query, callersPercent } = variant.when;
    const callers = callersPercent === undefined ? null : { from, to: from + callersPercent };
    from = callers?.to ?? from;
    return {
      service: routeTarget(catalogue, variant).name,
      rewrite: variant.rewrite ?? null,
      host: host?.toLowerCase() ?? null,
      header: header ?? null,
      query: query ?? null,
      callers,
    };
  });
}

function issuerPolicies({ name, identity, otherIssuers }: Configuration['environment']): IssuerPolicy[] {
  const terms = ({ issuer, audience, clockToleranceSeconds, maxLifetimeSeconds }: IssuerSettings) => ({
    issuer,
    audience,
    scopePrefix: '',
    clockToleranceSeconds,
    maxLifetimeSeconds,
  });
  // The functions read the values of resources of this deployment from their environment variables.
  const own: IssuerPolicy[] =
    identity.kind === 'oidc'
      ? [
          {
            ...terms(identity),
            jwksUri: identity.jwksUri,
            clientIds: null,
            algorithms: identity.algorithms,
          },
        ]
      : [];
  const others = otherIssuers.map(
    (entry): IssuerPolicy =>
      entry.kind === 'oidc'
        ? {
            ...terms(entry),
            bounds: issuerBounds(entry, entry.name),
            jwksUri: entry.jwksUri,
            clientIds: null,
            algorithms: entry.algorithms,
          }
        : {
            ...terms(entry),
            bounds: issuerBounds(entry, entry.clientId),
            secretId: tokenSecretName(name, entry.clientId),
            clientIds: [entry.clientId],
            algorithms: entry.algorithms,
          },
  );
  return [...own, ...others];
}

type OtherIssuer = Configuration['environment']['otherIssuers'][number];
type IssuerSettings = Pick<
  OtherIssuer,
  'issuer' | 'audience' | 'clockToleranceSeconds' | 'maxLifetimeSeconds'
>;

function issuerBounds(
  { subjects, permissions, plan, roles, emailDomains }: OtherIssuer,
  name: string,
): IssuerBounds {
  return {
    name,
    hasNamespacedSubjects: subjects === 'own',
    permissions,
    plan: plan ?? null,
    roles,
    emailDomains,
  };
}

function accessOf({ access }: Route): Access {
  return access === 'anonymous' || access === 'optional' || access === 'authenticated'
    ? { kind: access }
    : { kind: 'permission', permission: access };
}
