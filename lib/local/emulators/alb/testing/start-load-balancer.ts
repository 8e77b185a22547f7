import { request } from 'undici';
import { type SampleResources, sampleDeployment } from '../../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../../engine/unsupported.ts';
import { listen } from '../../../http/server.ts';
import { startTestServer, type TestServer } from '../../../http/testing/test-server.ts';
import { compileLoadBalancers } from '../load-balancer.ts';

export const stops: (() => Promise<void>)[] = [];
/** Stops every server that a test started. */
export async function stopLoadBalancers(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop();
}

const v2 = 'AWS::ElasticLoadBalancingV2::';
export const fixed = (StatusCode: string) => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode, ContentType: 'application/json', MessageBody: `{"rule":${StatusCode}}` },
});
export const rule = (Priority: number, Conditions: readonly unknown[], action: unknown) => ({
  type: `${v2}ListenerRule`,
  properties: { ListenerArn: 'test.Listener', Priority, Conditions, Actions: [action] },
});
export const group = (attributes: Readonly<Record<string, string>> = {}) => ({
  type: `${v2}TargetGroup`,
  properties: {
    Protocol: 'HTTP',
    TargetType: 'ip',
    HealthCheckPath: '/healthz',
    TargetGroupAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
  },
});
export const forward = { Type: 'forward', TargetGroupArn: 'test.Targets' };

/** Serves a load balancer with these rules in front of test servers. */
export async function startLoadBalancer(
  rules: SampleResources,
  {
    targets = {},
    attributes = {},
    now = Date.now,
  }: {
    targets?: Record<string, TestServer[]>;
    attributes?: Record<string, string>;
    now?: () => number;
  } = {},
) {
  const deployment = sampleDeployment({
    Balancer: {
      type: `${v2}LoadBalancer`,
      properties: {
        LoadBalancerAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
      },
    },
    Listener: {
      type: `${v2}Listener`,
      properties: {
        LoadBalancerArn: 'test.Balancer',
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [fixed('403')],
      },
    },
    Targets: group(),
    ...rules,
  });
  const findings = new UnsupportedFeatures();
  const balancers = compileLoadBalancers(
    deployment,
    { targets: (id) => targets[id.replace('test.', '')] ?? [], now },
    findings,
  );
  findings.throwIfAny();
  const [listener] = balancers.listeners;
  if (listener === undefined) throw new Error('The deployment has no listener.');
  const layer = await listen(listener.handle, {
    host: '127.0.0.1',
    port: 0,
    name: 'load balancer',
    maxHeaderBytes: 65_536,
    notice: () => undefined,
  });
  balancers.start();
  stops.push(balancers.close, layer.close);
  return async (path: string, options: Parameters<typeof request>[1] = {}) => {
    const { statusCode, headers, body } = await request(`${layer.url}${path}`, options);
    return { status: statusCode, headers, body: await body.text() };
  };
}

/** Starts a target that responds with its name; `isHealthy` is the result of its health checks. */
export async function startTarget(name: string, isHealthy: () => boolean = () => true): Promise<TestServer> {
  const server = await startTestServer((response, { url }) => {
    if (url === '/healthz') response.writeHead(isHealthy() ? 200 : 500).end();
    else response.end(name);
  });
  stops.push(server.close);
  return server;
}
