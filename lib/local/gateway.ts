import { compileLoadBalancers } from './alb/load-balancer.ts';
import { listenerRuleType, listenerType, loadBalancerType, targetGroupType } from './alb/resources.ts';
import type { Deployment } from './assembly.ts';
import { compileDistribution } from './edge/compile-distribution.ts';
import { serveDistribution } from './edge/edge.ts';
import {
  cachePolicyType,
  distributionType,
  functionType,
  originRequestPolicyType,
  responseHeadersPolicyType,
} from './edge/resources.ts';
import { ipSetType, webAclType } from './edge/web-acl-resources.ts';
import { refuseOtherTypes } from './emulation/other-types.ts';
import { Findings } from './emulation/unsupported.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import type { Exchange } from './http/exchange.ts';
import { type Listening, listen } from './http/server.ts';
import { Upstream } from './http/upstream.ts';
import { compileApi } from './http-api/compile-api.ts';
import { serveApi } from './http-api/http-api.ts';
import {
  apiType,
  authorizerType,
  integrationType,
  routeType,
  stageType,
  vpcLinkType,
} from './http-api/resources.ts';

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
  readonly loadBalancerUrl: string;
  readonly close: () => Promise<void>;
}

/** All that is emulated of the request path; each entry lists the properties that are, and those read past. */
const emulatedTypes = [
  distributionType,
  functionType,
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
  loadBalancerType,
  listenerType,
  listenerRuleType,
  targetGroupType,
];

/** Header fields that a layer reads at all, in bytes; what AWS refuses is refused by the layer itself, below this. */
const maxHeaderBytes = 64 * 1_024;

/**
 * Serves the request path of a deployment: edge, HTTP API and load balancer, each a server of its own.
 *
 * @throws {UnsupportedError} before anything listens, naming everything that is not emulated.
 */
export async function startGateway(
  deployment: Deployment,
  ports: GatewayPorts,
  options: GatewayOptions,
): Promise<Gateway> {
  const findings = new Findings();
  const urls = new Map<string, string>();
  const upstreams = new Map<string, Upstream>();
  const upstreamOf = (id: string): Upstream => {
    const upstream = upstreams.get(id) ?? new Upstream(urls.get(id) ?? 'http://127.0.0.1:9');
    upstreams.set(id, upstream);
    return upstream;
  };

  const balancers = compileLoadBalancers(deployment, ports.targets, findings);
  const api = compileApi(deployment, findings);
  const distribution = compileDistribution(
    deployment,
    {
      ...ports,
      upstreamOf: (domainName) => {
        const meant = deployment.byReference(domainName);
        const listener = balancers.listeners.find(({ loadBalancerId }) => loadBalancerId === meant?.id);
        const id = meant?.type === apiType.type ? meant.id : listener?.id;
        return id === undefined ? null : () => upstreamOf(id);
      },
    },
    findings,
  );
  refuseOtherTypes(deployment, emulatedTypes, findings);
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
    const edgeUrl = await serve('edge', options.edgePort, serveDistribution(distribution, ports));
    balancers.start();
    return { edgeUrl, apiUrl, loadBalancerUrl: urls.get(balancers.listeners[0]?.id ?? '') ?? '', close };
  } catch (error) {
    await close();
    throw error;
  }
}
