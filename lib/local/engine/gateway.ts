import { compileLoadBalancers, type LoadBalancers } from '../emulators/alb/load-balancer.ts';
import {
  listenerRuleType,
  listenerType,
  loadBalancerType,
  targetGroupType,
} from '../emulators/alb/load-balancer-resources.ts';
import {
  cachePolicyType,
  distributionType,
  functionType,
  keyValueStoreType,
  originRequestPolicyType,
  responseHeadersPolicyType,
} from '../emulators/cloudfront/cloudfront-resources.ts';
import {
  compileDistribution,
  type Distribution,
  type DistributionPorts,
} from '../emulators/cloudfront/compile-distribution.ts';
import { serveDistribution } from '../emulators/cloudfront/distribution-server.ts';
import { type Api, compileApi } from '../emulators/http-api/compile-api.ts';
import { serveApi } from '../emulators/http-api/http-api.ts';
import {
  apiType,
  authorizerType,
  integrationType,
  routeType,
  stageType,
  vpcLinkType,
} from '../emulators/http-api/http-api-resources.ts';
import { compileRestApi, type RestApi } from '../emulators/rest-api/compile-rest-api.ts';
import { serveRestApi } from '../emulators/rest-api/rest-api.ts';
import { restApiType, restApiTypes } from '../emulators/rest-api/rest-api-resources.ts';
import { ipSetType, webAclType } from '../emulators/waf/web-acl-resources.ts';
import type { Exchange } from '../http/exchange.ts';
import { type Listening, listen } from '../http/server.ts';
import { Upstream } from '../http/upstream.ts';
import type { Deployment } from './assembly.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import { withSecretValues } from './secret-references.ts';
import { UnsupportedFeatures } from './unsupported.ts';
import { rejectUnsupportedTypes } from './unsupported-types.ts';

export interface GatewayOptions {
  /** The loopback address of every server. */
  readonly host: string;
  /** 0 selects a free port, here and below. */
  readonly edgePort: number;
  /** @default 0 */
  readonly apiPort?: number;
  /** The port of the first listener. @default 0 */
  readonly loadBalancerPort?: number;
}

/** The running servers of the request path. The URLs have no path. */
export interface Gateway {
  readonly edgeUrl: string;
  readonly apiUrl: string;
  /** The partner API; empty when there is none. */
  readonly partnerUrl: string;
  readonly loadBalancerUrl: string;
  /** Removes responses from the cache of the edge: by path, or by `#` and a cache tag. */
  readonly invalidate: (items: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/** The emulated resource types of the request path. */
const emulatedTypes = [
  distributionType,
  functionType,
  keyValueStoreType,
  cachePolicyType,
  originRequestPolicyType,
  responseHeadersPolicyType,
  webAclType,
  ipSetType,
  apiType,
  stageType,
  routeType,
  integrationType,
  authorizerType,
  vpcLinkType,
  ...restApiTypes,
  loadBalancerType,
  listenerType,
  listenerRuleType,
  targetGroupType,
];

const bucketType = 'AWS::S3::Bucket';

const isHostName = (text: string) => /^([a-z0-9-]+\.)+[a-z]{2,}$/i.test(text);

/** The size of header fields that a server reads, in bytes. The lower limits of AWS apply after that. */
const maxHeaderBytes = 64 * 1_024;

/**
 * Serves the request path of a deployment: edge, HTTP API, REST API and load balancer, each on a separate port.
 *
 * @throws {UnsupportedError} before any server starts; the message names everything that is not emulated.
 */
export async function startGateway(
  template: Deployment,
  ports: GatewayPorts,
  options: GatewayOptions,
): Promise<Gateway> {
  const deployment = withSecretValues(template, ports.secret);
  const upstreams = new Upstreams();
  const { balancers, api, partnerApi, distribution } = compileGateway(deployment, ports, upstreams);
  const servers: Listening[] = [];
  const serve = async (name: string, port: number, handle: (exchange: Exchange) => Promise<void>) => {
    const server = await listen(handle, { ...options, port, name, maxHeaderBytes, notice: ports.notice });
    servers.push(server);
    return server.url;
  };
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
    await upstreams.close();
    await balancers.close();
  };
  try {
    const loadBalancerUrls: string[] = [];
    for (const [index, listener] of balancers.listeners.entries()) {
      const port = index === 0 ? (options.loadBalancerPort ?? 0) : 0;
      const url = await serve('load balancer', port, listener.handle);
      upstreams.setUrl(listener.id, url);
      loadBalancerUrls.push(url);
    }
    const upstreamOf = (id: string) => upstreams.of(id);
    const apiUrl = await serve('API', options.apiPort ?? 0, serveApi(api, upstreamOf, ports));
    upstreams.setUrl(api.facts.apiId, apiUrl);
    const partnerUrl =
      partnerApi === null ? '' : await serve('REST API', 0, serveRestApi(partnerApi, upstreamOf, ports));
    if (partnerApi !== null) upstreams.setUrl(partnerApi.id, partnerUrl);
    const { handle, invalidate } = serveDistribution(distribution, ports);
    const edgeUrl = await serve('edge', options.edgePort, handle);
    balancers.start();
    return { edgeUrl, apiUrl, partnerUrl, loadBalancerUrl: loadBalancerUrls[0] ?? '', invalidate, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface CompiledGateway {
  readonly balancers: LoadBalancers;
  readonly api: Api;
  readonly partnerApi: RestApi | null;
  readonly distribution: Distribution;
}

/** Compiles all resources of the request path. @throws {UnsupportedError} */
function compileGateway(deployment: Deployment, ports: GatewayPorts, upstreams: Upstreams): CompiledGateway {
  const findings = new UnsupportedFeatures();
  const balancers = compileLoadBalancers(deployment, ports, findings);
  const api = compileApi(deployment, findings);
  const partnerApi = compileRestApi(deployment, ports, findings);
  const upstreamOf = edgeOrigins(deployment, balancers, ports, upstreams);
  const distribution = compileDistribution(deployment, { ...ports, upstreamOf }, findings);
  rejectUnsupportedTypes(deployment, emulatedTypes, findings);
  findings.throwIfAny();
  if (api === null || distribution === null) {
    throw new Error('The templates must contain an HTTP API and a CloudFront distribution.');
  }
  return { balancers, api, partnerApi, distribution };
}

/** Finds the server of an origin by its domain name: an API, a load balancer, a bucket, or a host on the internet. */
function edgeOrigins(
  deployment: Deployment,
  balancers: LoadBalancers,
  ports: GatewayPorts,
  upstreams: Upstreams,
): DistributionPorts['upstreamOf'] {
  return (domainName) => {
    const resource = deployment.byReference(domainName);
    if (resource === undefined) {
      if (!isHostName(domainName)) return null;
      upstreams.setUrl(domainName, `https://${domainName}`);
      return () => upstreams.of(domainName);
    }
    if (resource.type === bucketType) {
      const url = ports.bucketUrl?.(resource.id);
      if (url !== undefined) upstreams.setUrl(resource.id, url);
      return () => upstreams.of(resource.id);
    }
    const isApi = resource.type === apiType.type || resource.type === restApiType.type;
    if (isApi) return () => upstreams.of(resource.id);
    const listener = balancers.listeners.find(({ loadBalancerId }) => loadBalancerId === resource.id);
    return listener === undefined ? null : () => upstreams.of(listener.id);
  };
}

/** The connections between the servers of the gateway, by the id of the resource behind them. */
class Upstreams {
  readonly #urls = new Map<string, string>();
  readonly #upstreams = new Map<string, Upstream>();

  setUrl(id: string, url: string): void {
    this.#urls.set(id, url);
  }

  /** The connections to a resource. Without a URL, every connection is refused. */
  of(id: string): Upstream {
    const upstream = this.#upstreams.get(id) ?? new Upstream(this.#urls.get(id) ?? 'http://127.0.0.1:9');
    this.#upstreams.set(id, upstream);
    return upstream;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()));
  }
}
