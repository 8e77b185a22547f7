import type { Deployment } from '../../engine/assembly.ts';
import { type Emulated, type ResourceType, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { checkCloudFrontHeaders } from './behaviors.ts';
import {
  type CachePolicyConfig,
  cachePolicyType,
  type OriginRequestPolicyConfig,
  originRequestPolicyType,
  responseHeadersPolicyType,
} from './cloudfront-resources.ts';
import {
  managedCachePolicies,
  managedOriginRequestPolicies,
  managedResponseHeadersPolicies,
} from './managed-policies.ts';
import type { Forwarding } from './origin.ts';
import { selectedCookies, selectedHeaders, selectedQueryStrings } from './policy-selection.ts';
import { compileResponseHeaders } from './response-headers.ts';

export type Policies = ReturnType<typeof readPolicies>;

/** The parts of a request that the cache key contains; they go to the origin as well. */
export function cacheKeyOf({
  ParametersInCacheKeyAndForwardedToOrigin: parameters,
}: CachePolicyConfig): Forwarding {
  return {
    headers: selectedHeaders(parameters.HeadersConfig),
    cookies: selectedCookies(parameters.CookiesConfig),
    queryStrings: selectedQueryStrings(parameters.QueryStringsConfig),
  };
}

/** The parts of a request that an origin request policy adds. */
export function selectionsOf(config: OriginRequestPolicyConfig): Forwarding {
  return {
    headers: selectedHeaders(config.HeadersConfig),
    cookies: selectedCookies(config.CookiesConfig),
    queryStrings: selectedQueryStrings(config.QueryStringsConfig),
  };
}

/** Reads the cache, origin request and response headers policies, those that AWS manages included, by id. */
export function readPolicies(deployment: Deployment, findings: UnsupportedFeatures) {
  const cache = byId(deployment, cachePolicyType, findings, ({ resource, properties }) => {
    const { HeadersConfig: headers } = properties.CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin;
    if ('Headers' in headers)
      checkCloudFrontHeaders(resource, 'CachePolicyConfig', headers.Headers, findings);
    return properties.CachePolicyConfig;
  });
  const request = byId(deployment, originRequestPolicyType, findings, ({ resource, properties }) => {
    const { HeadersConfig: headers } = properties.OriginRequestPolicyConfig;
    if ('Headers' in headers && headers.HeaderBehavior !== 'allExcept') {
      checkCloudFrontHeaders(resource, 'OriginRequestPolicyConfig', headers.Headers, findings);
    }
    return properties.OriginRequestPolicyConfig;
  });
  const response = byId(deployment, responseHeadersPolicyType, findings, ({ properties }) =>
    compileResponseHeaders(properties.ResponseHeadersPolicyConfig),
  );
  return {
    cache: new Map([...Object.entries(managedCachePolicies), ...cache]),
    request: new Map([...Object.entries(managedOriginRequestPolicies), ...request]),
    response: new Map([
      ...Object.entries(managedResponseHeadersPolicies).map(
        ([id, config]) => [id, compileResponseHeaders(config)] as const,
      ),
      ...response,
    ]),
  };
}

function byId<Shape extends Parameters<typeof readResources>[1]['emulated'], T>(
  deployment: Deployment,
  type: ResourceType<Shape>,
  findings: UnsupportedFeatures,
  compile: (emulated: Emulated<Shape>) => T,
): (readonly [string, T])[] {
  return readResources(deployment, type, findings).map(
    (emulated) => [emulated.resource.id, compile(emulated)] as const,
  );
}
