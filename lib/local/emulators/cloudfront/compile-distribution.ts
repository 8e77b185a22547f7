import type { Deployment, Resource } from '../../engine/assembly.ts';
import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import { type Emulated, type ResourceType, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { Upstream } from '../../http/upstream.ts';
import { compileWebAcls, type Firewall } from '../waf/web-acl.ts';
import { type Behavior, checkCloudFrontHeaders, type Failover, pathPattern } from './behaviors.ts';
import {
  type CachePolicyConfig,
  cachePolicyType,
  distributionType,
  functionType,
  keyValueStoreType,
  type OriginRequestPolicyConfig,
  originRequestPolicyType,
  responseHeadersPolicyType,
} from './cloudfront-resources.ts';
import {
  managedCachePolicies,
  managedOriginRequestPolicies,
  managedResponseHeadersPolicies,
} from './managed-policies.ts';
import { type Forwarding, forwardingOf, type Origin } from './origin.ts';
import { selectedCookies, selectedHeaders, selectedQueryStrings } from './policy-selection.ts';
import { compileResponseHeaders } from './response-headers.ts';
import { loadViewerFunction, type ViewerFunction } from './viewer-function.ts';

/** A distribution as its resources describe it. */
export interface Distribution {
  readonly id: string;
  /** In the order in which they are asked; the last takes every path. */
  readonly behaviors: readonly Behavior[];
  readonly firewall: Firewall;
  /** Error caching minimum TTL of a status code, in seconds. */
  readonly errorSeconds: (status: number) => number;
  /** Header of an answer with the tags that it is invalidated by; null where nothing is. */
  readonly cacheTagHeader: string | null;
}

export interface DistributionPorts extends Pick<GatewayPorts, 'now' | 'notice'> {
  /**
   * Connections to what an origin's domain name means.
   *
   * @returns null when it is nothing of this deployment.
   */
  readonly upstreamOf: (domainName: string) => (() => Upstream) | null;
  /** A value of a key-value store. @default - every store is empty */
  readonly keyValue?: ((storeId: string, key: string) => string | undefined) | undefined;
}

/** "Error caching minimum TTL" where a distribution sets none. */
const defaultErrorSeconds = 10;

/** Reads the deployment's distribution; null when it cannot be served, the reasons being among the findings. */
export function compileDistribution(
  deployment: Deployment,
  ports: DistributionPorts,
  findings: UnsupportedFeatures,
): Distribution | null {
  const policies = readPolicies(deployment, findings);
  const functions = readFunctions(deployment, ports, findings);
  const firewalls = compileWebAcls(deployment, ports.now, ports.notice, findings);
  const [found, ...others] = readResources(deployment, distributionType, findings);
  for (const { resource } of others) findings.add(resource, '', 'a second distribution is not emulated.');
  if (found === undefined) return null;
  const { resource, properties } = found;
  const config = properties.DistributionConfig;
  const fault = (property: string, why: string) =>
    findings.add(resource, `DistributionConfig.${property}`, why);

  const origins = new Map<string, Origin>();
  for (const origin of config.Origins) {
    const upstream = ports.upstreamOf(origin.DomainName);
    if (upstream === null) {
      fault(
        `Origins.${origin.Id}.DomainName`,
        `${origin.DomainName} is no API, load balancer or bucket of this deployment, nor a host name.`,
      );
      continue;
    }
    const customHeaders = new HeaderFields();
    for (const { HeaderName, HeaderValue } of origin.OriginCustomHeaders ?? []) {
      customHeaders.set(HeaderName, HeaderValue);
    }
    origins.set(origin.Id, {
      upstream,
      domainName: origin.DomainName,
      path: origin.OriginPath ?? '',
      customHeaders,
      readTimeoutSeconds: origin.CustomOriginConfig?.OriginReadTimeout ?? 30,
    });
  }
  const groups = new Map(
    (config.OriginGroups?.Items ?? []).map((group) => {
      const [first, second] = group.Members.Items.map(({ OriginId }) => origins.get(OriginId));
      const statusCodes = new Set(group.FailoverCriteria.StatusCodes.Items);
      const failover: Failover | null = second === undefined ? null : { origin: second, statusCodes };
      return [group.Id, { origin: first, failover }] as const;
    }),
  );

  const behaviors = [
    ...(config.CacheBehaviors ?? []),
    { PathPattern: '*', ...config.DefaultCacheBehavior },
  ].flatMap((behavior): Behavior[] => {
    const named = `behaviour ${behavior.PathPattern}`;
    const meant = <T>(property: string, id: string, from: ReadonlyMap<string, T>): T | undefined => {
      const policy = from.get(deployment.byReference(id)?.id ?? id);
      if (policy === undefined) fault(`${named}.${property}`, `${id} is not emulated.`);
      return policy;
    };
    const { origin, failover } = groups.get(behavior.TargetOriginId) ?? {
      origin: origins.get(behavior.TargetOriginId),
      failover: null,
    };
    const cache = meant('CachePolicyId', behavior.CachePolicyId, policies.cache);
    const request =
      behavior.OriginRequestPolicyId === undefined
        ? null
        : meant('OriginRequestPolicyId', behavior.OriginRequestPolicyId, policies.request);
    const response =
      behavior.ResponseHeadersPolicyId === undefined
        ? () => undefined
        : meant('ResponseHeadersPolicyId', behavior.ResponseHeadersPolicyId, policies.response);
    const functionOf = (eventType: string): ViewerFunction | null => {
      const association = behavior.FunctionAssociations?.find(({ EventType }) => EventType === eventType);
      return association === undefined
        ? null
        : (meant(eventType, association.FunctionARN, functions) ?? null);
    };
    const viewerRequest = functionOf('viewer-request');
    const viewerResponse = functionOf('viewer-response');
    if (origin === undefined || cache === undefined || request === undefined || response === undefined)
      return [];
    const key = cacheKey(cache);
    return [
      {
        matches: pathPattern(behavior.PathPattern),
        origin,
        failover,
        allowedMethods: new Set(behavior.AllowedMethods),
        compress: behavior.Compress,
        cachePolicy: { id: behavior.CachePolicyId, config: cache, key },
        forwarding: forwardingOf(key, request === null ? null : selections(request)),
        decorate: response,
        viewerRequest,
        viewerResponse,
      },
    ];
  });

  const firewall = firewallOf(deployment, resource, config.WebACLId, firewalls, findings);
  const errorTtls = new Map(
    (config.CustomErrorResponses ?? []).map(({ ErrorCode, ErrorCachingMinTTL }) => [
      ErrorCode,
      ErrorCachingMinTTL,
    ]),
  );
  return {
    id: resource.id,
    behaviors,
    firewall,
    errorSeconds: (status) => errorTtls.get(status) ?? defaultErrorSeconds,
    cacheTagHeader: config.CacheTagConfig?.HeaderName ?? null,
  };
}

function firewallOf(
  deployment: Deployment,
  distribution: Resource,
  reference: string | undefined,
  firewalls: ReadonlyMap<string, Firewall>,
  findings: UnsupportedFeatures,
): Firewall {
  const none: Firewall = () => null;
  if (reference === undefined) return none;
  const firewall = firewalls.get(deployment.byReference(reference)?.id ?? '');
  if (firewall === undefined) {
    findings.add(distribution, 'DistributionConfig.WebACLId', 'means no web ACL that is emulated.');
  }
  return firewall ?? none;
}

function cacheKey({ ParametersInCacheKeyAndForwardedToOrigin: parameters }: CachePolicyConfig): Forwarding {
  return {
    headers: selectedHeaders(parameters.HeadersConfig),
    cookies: selectedCookies(parameters.CookiesConfig),
    queryStrings: selectedQueryStrings(parameters.QueryStringsConfig),
  };
}

function selections(config: OriginRequestPolicyConfig): Forwarding {
  return {
    headers: selectedHeaders(config.HeadersConfig),
    cookies: selectedCookies(config.CookiesConfig),
    queryStrings: selectedQueryStrings(config.QueryStringsConfig),
  };
}

function readPolicies(deployment: Deployment, findings: UnsupportedFeatures) {
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

function readFunctions(
  deployment: Deployment,
  { notice, keyValue = () => undefined }: DistributionPorts,
  findings: UnsupportedFeatures,
): ReadonlyMap<string, ViewerFunction> {
  const log = (resource: Resource) => (text: string) => notice(`${resource.logicalId}: ${text}`);
  const stores = new Set(
    readResources(deployment, keyValueStoreType, findings).map(({ resource }) => resource.id),
  );
  return new Map(
    readResources(deployment, functionType, findings).flatMap(({ resource, properties }) => {
      const [association] = properties.FunctionConfig.KeyValueStoreAssociations ?? [];
      const store = deployment.byReference(association?.KeyValueStoreARN ?? '')?.id ?? '';
      if (association !== undefined && !stores.has(store)) {
        findings.add(
          resource,
          'FunctionConfig.KeyValueStoreAssociations',
          'means no store of this deployment.',
        );
      }
      const read = (key: string) => keyValue(store, key);
      try {
        return [[resource.id, loadViewerFunction(properties.FunctionCode, log(resource), read)] as const];
      } catch (error) {
        findings.add(resource, 'FunctionCode', error instanceof Error ? error.message : String(error));
        return [];
      }
    }),
  );
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
