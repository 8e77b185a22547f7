import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { upstreamRequest } from '../../lambda/aggregation/upstream-request.ts';
import type { RoutePolicy } from '../../lambda/auth/contract.ts';
import { createAuthorizer } from '../../lambda/auth/decision/authorizer.ts';
import {
  createPorts,
  fixedPolicy,
  originSecret,
  policy,
} from '../../lambda/auth/testing/decision-fixtures.ts';
import { UsagePlans } from '../../lib/local/emulators/rest-api/usage-plans.ts';
import { startGateway } from '../../lib/local/engine/gateway.ts';
import { type SampleResources, sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { sampleGateway } from '../../lib/local/engine/testing/literal-gateway.ts';
import { enforceDecision } from '../../runtime/contracts/decision-guard.ts';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { readHttpRequest } from '../../runtime/http/lambda-http.ts';
import { createIssuer } from '../../runtime/tokens/testing/test-issuers.ts';
import { malformedTarget } from '../../services/platform/http/malformed-target.ts';

const route = (part: Partial<RoutePolicy> = {}): RoutePolicy => ({
  service: 'items',
  access: { kind: 'anonymous' },
  signature: false,
  limits: [],
  cost: 1,
  onLimitStoreFailure: 'open',
  cacheControl: 'no-store',
  addresses: null,
  rewrite: null,
  variants: [],
  ...part,
});
const routes: Readonly<Record<string, RoutePolicy>> = {
  'GET /api/items': route(),
  'GET /api/items/{id}': route(),
  'GET /api/moved/{id}': route({ rewrite: '/seen/{id}/here' }),
  'GET /api/files/{rest+}': route(),
  'GET /api/moved-files/{rest+}': route({ rewrite: '/seen-files/{rest+}' }),
  'GET /api/carrier/{id}': route({ service: 'carrier' }),
  'GET /api/chosen': route({
    variants: [
      {
        service: 'other',
        rewrite: null,
        host: null,
        header: null,
        query: { name: 'of', value: 'other' },
        callers: null,
      },
    ],
  }),
};
const integrationOf = (key: string) => {
  if (key.includes('/carrier/')) return 'Carrier';
  return routes[key]?.rewrite === null ? 'Proxy' : 'Rewriting';
};

const decisionMappings = {
  'overwrite:header.x-gw-decision': '$context.authorizer.decision',
  'remove:header.x-gw-origin-secret': "''",
};
const replacedResources = new Set(['Route', 'Throttled']);
const common = Object.fromEntries(
  Object.entries(sampleGateway).filter(([name]) => !replacedResources.has(name)),
);
const literal = (name: string) => sampleGateway[name] ?? { type: '', properties: {} };
const proxy = literal('Proxy');
const resources: SampleResources = {
  ...common,
  Strip: {
    type: 'AWS::CloudFront::Function',
    properties: {
      ...literal('Strip').properties,
      FunctionCode: `function handler(event) {
        const request = event.request;
        request.headers['x-gw-viewer-address'] = { value: event.viewer.ip };
        request.headers['x-gw-target'] = { value: request.headers.host.value + request.uri };
        return request;
      }`,
    },
  },
  Proxy: { ...proxy, properties: { ...proxy.properties, RequestParameters: decisionMappings } },
  Rewriting: {
    ...proxy,
    properties: {
      ...proxy.properties,
      RequestParameters: { ...decisionMappings, 'overwrite:path': '$context.authorizer.path' },
    },
  },
  Aggregation: { type: 'AWS::Lambda::Function', properties: {} },
  Carrier: {
    type: 'AWS::ApiGatewayV2::Integration',
    properties: {
      ApiId: 'test.Api',
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: 'test.Aggregation',
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 5_000,
    },
  },
  ...Object.fromEntries(
    Object.keys(routes).map((key, index) => [
      `Route${index}`,
      {
        type: 'AWS::ApiGatewayV2::Route',
        properties: {
          ApiId: 'test.Api',
          RouteKey: key,
          Target: `integrations/test.${integrationOf(key)}`,
          AuthorizationType: 'CUSTOM',
          AuthorizerId: 'test.Authorizer',
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(refusalResponses).map(([decision, { status, body }], index) => [
      `Refused${index}`,
      {
        type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
        properties: {
          ListenerArn: 'test.Listener',
          Priority: 10 + index,
          Conditions: [
            {
              Field: 'http-header',
              HttpHeaderConfig: { HttpHeaderName: 'x-gw-decision', Values: [decision] },
            },
          ],
          Actions: [
            {
              Type: 'fixed-response',
              FixedResponseConfig: {
                StatusCode: String(status),
                ContentType: 'application/json',
                MessageBody: JSON.stringify(body),
              },
            },
          ],
        },
      },
    ]),
  ),
};

/** A service that answers with the parameters that it has read. */
const service = new Hono()
  .get('/healthz', (c) => c.text('ok'))
  .get('/api/items', (c) => c.json({ query: c.req.queries() }))
  .get('/api/chosen', (c) => c.json({ of: c.req.query('of') ?? null }))
  .get('/api/items/:id', (c) => c.json({ id: c.req.param('id') }))
  .get('/seen/:id/here', (c) => c.json({ id: c.req.param('id') }))
  .get('/api/files/:rest{.+}', (c) => c.json({ rest: c.req.param('rest') }))
  .get('/seen-files/:rest{.+}', (c) => c.json({ rest: c.req.param('rest') }));

/** What the layers make of a request. */
export interface RequestLayers {
  /** Sends a GET whose target is any bytes (latin1). `body` is what the service has read, or null without JSON. */
  read(target: string, headers?: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Path parameters of the last decision. */
  judged(): Readonly<Record<string, string>>;
  /** Notices and logged errors so far. */
  readonly notices: string[];
  close(): Promise<void>;
}

/**
 * Starts every layer that reads a request: edge, HTTP API and load balancer of the local run, the authorizer, the
 * aggregation function's calls of external services, and a service by Hono on Node.
 */
export async function startRequestLayers(): Promise<RequestLayers> {
  const notices: string[] = [];
  let judged: Readonly<Record<string, string>> = {};
  const server = createAdaptorServer({
    fetch: (request, env) =>
      malformedTarget((env as HttpBindings).incoming.url ?? '') ?? service.fetch(request),
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const authorize = createAuthorizer({
    policies: fixedPolicy({ ...policy, routes }),
    ports: createPorts(createIssuer(), Date.now),
    now: Date.now,
    log: { error: (message) => notices.push(message), warn: () => undefined },
    writeMetrics: () => undefined,
  });
  const carrier = { kind: 'external', service: 'carrier', timeoutSeconds: 5 } as const;
  const invoke = async (reference: string, event: unknown) => {
    if (reference !== 'test.Aggregation') {
      judged = Object(Object(event).pathParameters) as Record<string, string>;
      return { ok: true, payload: await authorize(event) } as const;
    }
    const call = readHttpRequest(event);
    const sent = upstreamRequest(call, { ...carrier, url: 'https://carrier.example/base' })?.path ?? '';
    // The external service decodes the path once.
    const id = decodeURIComponent(new URL(sent, 'https://carrier.example').pathname.split('/')[3] ?? '');
    const headers = { 'content-type': 'application/json' };
    const answer = { statusCode: 200, headers, body: JSON.stringify({ id }) };
    return { ok: true, payload: enforceDecision(call, 'carrier') ?? answer } as const;
  };
  const gateway = await startGateway(
    sampleDeployment(resources),
    {
      invoke,
      targets: () => [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }],
      secret: () => originSecret,
      usagePlans: new UsagePlans(sampleDeployment({}), () => '', Date.now),
      now: Date.now,
      requestId: () => 'request-1',
      accessLog: () => undefined,
      notice: (text) => notices.push(text),
    },
    { host: '127.0.0.1', edgePort: 0 },
  );
  const port = Number(new URL(gateway.edgeUrl).port);
  return {
    read: (target, headers) => readAt(port, target, headers),
    judged: () => judged,
    notices,
    close: async () => {
      await gateway.close();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function readAt(port: number, target: string, headers = ''): ReturnType<RequestLayers['read']> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('utf8');
  });
  socket.on('error', () => undefined);
  socket.write(
    Buffer.from(
      `GET ${target} HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n${headers}\r\n`,
      'latin1',
    ),
  );
  return new Promise((done) => {
    socket.once('close', () => {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      const isJson = /content-type: application\/(problem\+)?json/.test(head);
      done({ status: Number(head.split(' ', 2)[1]), body: isJson ? (JSON.parse(body) as unknown) : null });
    });
  });
}
