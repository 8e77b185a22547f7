import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import {
  apiRouteKeys,
  type Catalogue,
  healthRouteKeys,
  type IntegrationGroup,
  integrationGroup,
  type Route,
  unmatchedRouteKeys,
} from '../../config/index.ts';
import { DecisionAuthorizer } from '../auth/decision-authorizer.ts';
import {
  allowInvocation,
  FunctionIntegration,
  type IntegrationTarget,
  LoadBalancerIntegration,
  type LoadBalancerRoute,
} from './integrations.ts';
import type { PublicApi } from './public-api.ts';
import {
  decisionMappings,
  functionMappings,
  healthMappings,
  requestChanges,
  rewrittenMappings,
} from './request-mappings.ts';
import { healthResponseMappings, responseMappings, unmatchedResponseMappings } from './response-mappings.ts';

export interface CatalogueRoutesProps {
  readonly catalogue: Catalogue;
  readonly publicApi: PublicApi;
  readonly loadBalancer: LoadBalancerRoute;
  readonly authorizer: IFunction;
  readonly aggregation: IFunction;
  readonly revocation: IFunction;
}

/**
 * Adds the health route and all routes of the catalogue to the public API. Routes with the same integration settings
 * share one integration, because an HTTP API has at most 300.
 */
export function addCatalogueRoutes(scope: Construct, props: CatalogueRoutesProps): void {
  const { catalogue, publicApi, aggregation, revocation } = props;
  const { httpApi } = publicApi;
  addHealthRoute(scope, props);

  const authorizer = new DecisionAuthorizer(scope, 'DecisionAuthorizer', {
    httpApi,
    handler: props.authorizer,
  });
  const integrations = new Map<string, IntegrationTarget>();
  const methods = methodsByGroup(catalogue);
  for (const [key, route] of Object.entries(catalogue.routes)) {
    const group = integrationGroup(catalogue, route);
    const integration =
      integrations.get(group.id) ??
      addIntegration(scope, props, { ...group, methods: methods.get(group.id) ?? new Set() }, route);
    integrations.set(group.id, integration);
    for (const apiKey of apiRouteKeys(key, route))
      publicApi.addRoute(apiKey, integration, authorizer, route.throttle);
  }
  addUnmatchedRoutes(scope, props, authorizer);
  allowInvocation(scope, 'RoutesPermission', httpApi, aggregation);
  allowInvocation(scope, 'RevocationPermission', httpApi, revocation);
}

function addHealthRoute(
  scope: Construct,
  { catalogue, publicApi, loadBalancer }: CatalogueRoutesProps,
): void {
  const health = new LoadBalancerIntegration(scope, 'Health', {
    ...loadBalancer,
    httpApi: publicApi.httpApi,
    requestMappings: healthMappings,
    responseMappings: healthResponseMappings,
    timeoutSeconds: 5,
  });
  for (const key of healthRouteKeys(catalogue)) {
    publicApi.addRoute(key, health, {
      withoutAuthorizer: 'The health route: the load balancer answers it with a fixed response.',
    });
  }
}

/** Requests that match no other route: the authorizer decides between 404 and 405, and the load balancer answers. */
function addUnmatchedRoutes(
  scope: Construct,
  { catalogue, publicApi, loadBalancer }: CatalogueRoutesProps,
  authorizer: DecisionAuthorizer,
): void {
  const unmatched = new LoadBalancerIntegration(scope, 'Unmatched', {
    ...loadBalancer,
    httpApi: publicApi.httpApi,
    requestMappings: decisionMappings,
    responseMappings: unmatchedResponseMappings,
    timeoutSeconds: 5,
  });
  for (const key of unmatchedRouteKeys(catalogue)) publicApi.addRoute(key, unmatched, authorizer);
}

type IntegrationSettings = IntegrationGroup & { readonly methods: ReadonlySet<string> };

function addIntegration(
  scope: Construct,
  { publicApi, loadBalancer, aggregation, revocation }: CatalogueRoutesProps,
  { id, target, isShared, isRewritten, methods }: IntegrationSettings,
  { timeoutSeconds, requestHeaders, responseHeaders, deprecated }: Route,
): IntegrationTarget {
  const props = {
    httpApi: publicApi.httpApi,
    responseMappings: responseMappings(
      { methods, shared: isShared, headers: responseHeaders, deprecated },
      target === 'service' ? 'service' : 'function',
    ),
    timeoutSeconds,
  };
  const changes = requestChanges(requestHeaders);
  if (target === 'service') {
    const requestMappings = { ...decisionMappings, ...changes, ...(isRewritten ? rewrittenMappings : {}) };
    return new LoadBalancerIntegration(scope, id, { ...props, ...loadBalancer, requestMappings });
  }
  const handler = target === 'function' ? revocation : aggregation;
  const requestMappings = { ...functionMappings, ...changes };
  return new FunctionIntegration(scope, id, { ...props, requestMappings, handler });
}

/** The methods of the routes that share an integration, by the id of the integration group. */
function methodsByGroup(catalogue: Catalogue): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  for (const [key, route] of Object.entries(catalogue.routes)) {
    const { id } = integrationGroup(catalogue, route);
    const known = methods.get(id) ?? new Set();
    methods.set(id, known.add(key.slice(0, key.indexOf(' '))));
  }
  return methods;
}
