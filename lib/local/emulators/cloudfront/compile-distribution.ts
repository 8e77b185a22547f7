import type { Deployment } from '../../engine/assembly.ts';
import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import { readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Upstream } from '../../http/upstream.ts';
import { compileWebAcls, type Firewall } from '../waf/web-acl.ts';
import { type Behavior, pathPattern } from './behaviors.ts';
import { type DistributionConfig, distributionType } from './cloudfront-resources.ts';
import { compileOrigins, type OriginTarget } from './compile-origins.ts';
import { cacheKeyOf, type Policies, readPolicies, selectionsOf } from './compile-policies.ts';
import { readViewerFunctions, type ViewerFunctionPorts } from './compile-viewer-functions.ts';
import { forwardingOf } from './origin.ts';
import type { ViewerFunction } from './viewer-function.ts';

/** A distribution, compiled from its resources. */
export interface Distribution {
  readonly id: string;
  /** In the order of their precedence; the last one matches every path. */
  readonly behaviors: readonly Behavior[];
  readonly firewall: Firewall;
  /** Error caching minimum TTL of a status code, in seconds. */
  readonly errorSeconds: (status: number) => number;
  /** The response header with the cache tags; null when the distribution has none. */
  readonly cacheTagHeader: string | null;
}

export interface DistributionPorts extends Pick<GatewayPorts, 'now'>, ViewerFunctionPorts {
  /**
   * Connections to the server of an origin's domain name.
   *
   * @returns null when the deployment does not contain it.
   */
  readonly upstreamOf: (domainName: string) => (() => Upstream) | null;
}

/** The default of "Error caching minimum TTL" (CloudFront guide). */
const defaultErrorSeconds = 10;

/** Compiles the distribution of the deployment; null when there is none that can be served: the findings say why. */
export function compileDistribution(
  deployment: Deployment,
  ports: DistributionPorts,
  findings: UnsupportedFeatures,
): Distribution | null {
  const policies = readPolicies(deployment, findings);
  const functions = readViewerFunctions(deployment, ports, findings);
  const firewalls = compileWebAcls(deployment, ports.now, ports.notice, findings);
  const [found, ...others] = readResources(deployment, distributionType, findings);
  for (const { resource } of others) findings.add(resource, '', 'a second distribution is not emulated.');
  if (found === undefined) return null;
  const { resource, properties } = found;
  const config = properties.DistributionConfig;
  const context: CompileContext = {
    deployment,
    policies,
    functions,
    report: (property, reason) => findings.add(resource, `DistributionConfig.${property}`, reason),
  };
  const originOf = compileOrigins(config, ports.upstreamOf, context.report);
  const behaviors = [
    ...(config.CacheBehaviors ?? []),
    { PathPattern: '*', ...config.DefaultCacheBehavior },
  ].flatMap((behavior) => compileBehavior(behavior, originOf(behavior.TargetOriginId), context) ?? []);
  const errorTtls = new Map(
    (config.CustomErrorResponses ?? []).map(({ ErrorCode, ErrorCachingMinTTL }) => [
      ErrorCode,
      ErrorCachingMinTTL,
    ]),
  );
  return {
    id: resource.id,
    behaviors,
    firewall: firewallOf(config.WebACLId, firewalls, context),
    errorSeconds: (status) => errorTtls.get(status) ?? defaultErrorSeconds,
    cacheTagHeader: config.CacheTagConfig?.HeaderName ?? null,
  };
}

/** What the behaviours of a distribution refer to. */
interface CompileContext {
  readonly deployment: Deployment;
  readonly policies: Policies;
  readonly functions: ReadonlyMap<string, ViewerFunction>;
  /** Receives the property and the reason of each setting that is not emulated. */
  readonly report: (property: string, reason: string) => void;
}

type BehaviorConfig = NonNullable<DistributionConfig['CacheBehaviors']>[number];

/** Compiles a behaviour; null when it refers to something that is not emulated. */
function compileBehavior(
  behavior: BehaviorConfig,
  { origin, failover }: OriginTarget,
  { deployment, policies, functions, report }: CompileContext,
): Behavior | null {
  const find = <T>(property: string, reference: string, known: ReadonlyMap<string, T>): T | undefined => {
    const value = known.get(deployment.byReference(reference)?.id ?? reference);
    if (value === undefined) {
      report(`behaviour ${behavior.PathPattern}.${property}`, `${reference} is not emulated.`);
    }
    return value;
  };
  const functionOf = (eventType: string): ViewerFunction | null => {
    const association = behavior.FunctionAssociations?.find(({ EventType }) => EventType === eventType);
    return association === undefined ? null : (find(eventType, association.FunctionARN, functions) ?? null);
  };
  const { CachePolicyId, OriginRequestPolicyId, ResponseHeadersPolicyId } = behavior;
  const cachePolicy = find('CachePolicyId', CachePolicyId, policies.cache);
  const requestPolicy =
    OriginRequestPolicyId === undefined
      ? null
      : find('OriginRequestPolicyId', OriginRequestPolicyId, policies.request);
  const decorate =
    ResponseHeadersPolicyId === undefined
      ? () => undefined
      : find('ResponseHeadersPolicyId', ResponseHeadersPolicyId, policies.response);
  const viewerRequest = functionOf('viewer-request');
  const viewerResponse = functionOf('viewer-response');
  if (origin === undefined || cachePolicy === undefined) return null;
  if (requestPolicy === undefined || decorate === undefined) return null;
  const key = cacheKeyOf(cachePolicy);
  return {
    matches: pathPattern(behavior.PathPattern),
    origin,
    failover,
    allowedMethods: new Set(behavior.AllowedMethods),
    compress: behavior.Compress,
    cachePolicy: { id: CachePolicyId, config: cachePolicy, key },
    forwarding: forwardingOf(key, requestPolicy === null ? null : selectionsOf(requestPolicy)),
    decorate,
    viewerRequest,
    viewerResponse,
  };
}

function firewallOf(
  reference: string | undefined,
  firewalls: ReadonlyMap<string, Firewall>,
  { deployment, report }: CompileContext,
): Firewall {
  const firewall = firewalls.get(deployment.byReference(reference ?? '')?.id ?? '');
  if (reference !== undefined && firewall === undefined)
    report('WebACLId', 'is not a web ACL of this deployment.');
  return firewall ?? (() => null);
}
