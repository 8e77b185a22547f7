import { compileLoadBalancers } from '../emulators/alb/load-balancer.ts';
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
import { compileDistribution } from '../emulators/cloudfront/compile-distribution.ts';
import { serveDistribution } from '../emulators/cloudfront/distribution-server.ts';
import { compileApi } from '../emulators/http-api/compile-api.ts';
import { serveApi } from '../emulators/http-api/http-api.ts';
import {
  apiType,
  authorizerType,
  integrationType,
  routeType,
  stageType,
  vpcLinkType,
} from '../emulators/http-api/http-api-resources.ts';
import { compileRestApi } from '../emulators/rest-api/compile-rest-api.ts';
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
  /** Where every layer listens: a loopback address. */
  readonly host: string;
  /** 0 takes any free port, here and below. */
  readonly edgePort: number;
  /** @default 0 */
  readonly apiPort?: number;
  /** Of the first listener. @default 0 */
  readonly loadBalancerPort?: number;
}

/** The request path, running. Each URL is one layer's, without a path. */
export interface Gateway {
  readonly edgeUrl: string;
  readonly apiUrl: string;
  /** The REST API; empty when there is none. */
  readonly partnerUrl: string;
  readonly loadBalancerUrl: string;
  /** Has the edge forget copies: paths, or `#` and a cache tag. */
  readonly invalidate: (items: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/** All that is emulated of the request path; each entry lists the properties that are, and those read past. */
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

/** Of static files. */
const bucketType = 'AWS::S3::Bucket';

const isHostName = (text: string) => /^([a-z0-9-]+\.)+[a-z]{2,}$/i.test(text);

/** Header fields that a layer reads at all, in bytes; what AWS refuses is refused by the layer itself, below this. */
const maxHeaderBytes = 64 * 1_024;

/**
 * Serves the request path of a deployment: edge, HTTP API, REST API and load balancer, each a server of its own.
 *
 * @throws {UnsupportedError} before anything listens, naming everything that is not emulated.
 */
export async function startGateway(
  template: Deployment,
  ports: GatewayPorts,
  options: GatewayOptions,
): Promise<Gateway> {
  const deployment = withSecretValues(template, ports.secret);
  const findings = new UnsupportedFeatures();
  const urls = new Map<string, string>();
  const upstreams = new Map<string, Upstream>();
  const upstreamOf = (id: string): Upstream => {
    const upstream = upstreams.get(id) ?? new Upstream(urls.get(id) ?? 'http://127.0.0.1:9');
    upstreams.set(id, upstream);
    return upstream;
  };

  const balancers = compileLoadBalancers(deployment, ports, findings);
  const api = compileApi(deployment, findings);
  const partnerApi = compileRestApi(deployment, ports, findings);
  const distribution = compileDistribution(
    deployment,
    {
      ...ports,
      upstreamOf: (domainName) => {
        const meant = deployment.byReference(domainName);
        const listener = balancers.listeners.find(({ loadBalancerId }) => loadBalancerId === meant?.id);
        const isApi = meant?.type === apiType.type || meant?.type === restApiType.type;
        const id = isApi ? meant.id : listener?.id;
        if (id !== undefined) return () => upstreamOf(id);
        if (meant?.type === bucketType) {
          const url = ports.bucketUrl?.(meant.id);
          if (url !== undefined) urls.set(meant.id, url);
          return () => upstreamOf(meant.id);
        }
        if (meant !== undefined || !isHostName(domainName)) return null;
        // Somebody else's server, as it is.
        urls.set(domainName, `https://${domainName}`);
        return () => upstreamOf(domainName);
      },
    },
    findings,
  );
  rejectUnsupportedTypes(deployment, emulatedTypes, findings);
  findings.throwIfAny();
  if (api === null || distribution === null) {
    throw new Error(
      'The templates hold no HTTP API, or no distribution in front of it: there is nothing to serve.',
    );
  }

  const layers: Listening[] = [];
  const serve = async (name: string, port: number, handle: (exchange: Exchange) => Promise<void>) => {
    const layer = await listen(handle, { ...options, port, name, maxHeaderBytes, notice: ports.notice });
    layers.push(layer);
    return layer.url;
  };
  const close = async () => {
    await Promise.all(layers.map((layer) => layer.close()));
    await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    await balancers.close();
  };
  try {
    for (const [index, listener] of balancers.listeners.entries()) {
      const port = index === 0 ? (options.loadBalancerPort ?? 0) : 0;
      urls.set(listener.id, await serve('load balancer', port, listener.handle));
    }
    const apiUrl = await serve('API', options.apiPort ?? 0, serveApi(api, upstreamOf, ports));
    urls.set(api.facts.apiId, apiUrl);
    const partnerUrl =
      partnerApi === null ? '' : await serve('REST API', 0, serveRestApi(partnerApi, upstreamOf, ports));
    if (partnerApi !== null) urls.set(partnerApi.id, partnerUrl);
    const { handle, invalidate } = serveDistribution(distribution, ports);
    const edgeUrl = await serve('edge', options.edgePort, handle);
    balancers.start();
    return {
      edgeUrl,
      apiUrl,
      partnerUrl,
      loadBalancerUrl: urls.get(balancers.listeners[0]?.id ?? '') ?? '',
      invalidate,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
