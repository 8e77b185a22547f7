import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import * as fc from 'fast-check';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { type Gateway, startGateway } from '../../lib/local/engine/gateway.ts';
import { type SampleResources, sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { sampleGateway } from '../../lib/local/engine/testing/literal-gateway.ts';
import { enforceDecision } from '../../runtime/contracts/decision-guard.ts';
import { refusalResponses } from '../../runtime/contracts/gateway-contract.ts';
import { readHttpRequest } from '../../runtime/http/lambda-http.ts';
import { createIssuer } from '../../runtime/tokens/testing/test-issuers.ts';
import { malformedTarget } from '../../services/platform/http/malformed-target.ts';
import { type HostileOutcome, hostileQueries, hostileSegments } from '../support/hostile-targets.ts';

/**
 * The path of a request from edge to service, each layer the real one: edge, HTTP API and load balancer of the local
 * run, the authorizer, the aggregation's way to external services, and a service by Hono on Node.
 */

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
const without = new Set(['Route', 'Throttled']);
const common = Object.fromEntries(Object.entries(sampleGateway).filter(([name]) => !without.has(name)));
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
    Object.entries(refusalResponses).map(([word, { status, body }], index) => [
      `Refused${index}`,
      {
        type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
        properties: {
          ListenerArn: 'test.Listener',
          Priority: 10 + index,
          Conditions: [
            { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-gw-decision', Values: [word] } },
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

/** What a service answers: what it has read. */
const service = new Hono()
  .get('/healthz', (c) => c.text('ok'))
  .get('/api/items', (c) => c.json({ query: c.req.queries() }))
  .get('/api/chosen', (c) => c.json({ of: c.req.query('of') ?? null }))
  .get('/api/items/:id', (c) => c.json({ id: c.req.param('id') }))
  .get('/seen/:id/here', (c) => c.json({ id: c.req.param('id') }))
  .get('/api/files/:rest{.+}', (c) => c.json({ rest: c.req.param('rest') }))
  .get('/seen-files/:rest{.+}', (c) => c.json({ rest: c.req.param('rest') }));

let gateway: Gateway;
let notices: string[] = [];
const closers: (() => Promise<unknown>)[] = [];
/** What the decision judged, of the last call. */
let judged: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  const server = createAdaptorServer({
    fetch: (request, env) =>
      malformedTarget((env as HttpBindings).incoming.url ?? '') ?? service.fetch(request),
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => new Promise((closed) => server.close(closed)));
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
    // As a service reads it that decodes once.
    const id = decodeURIComponent(new URL(sent, 'https://carrier.example').pathname.split('/')[3] ?? '');
    const headers = { 'content-type': 'application/json' };
    const answer = { statusCode: 200, headers, body: JSON.stringify({ id }) };
    return { ok: true, payload: enforceDecision(call, 'carrier') ?? answer } as const;
  };
  gateway = await startGateway(
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
  closers.unshift(gateway.close);
});
afterAll(async () => {
  for (const close of closers) await close();
});

/** Sends a target byte by byte (latin1) and gives the status and what the service has read. */
function read(target: string, headers = ''): Promise<{ readonly status: number; readonly body: unknown }> {
  const socket = connect(Number(new URL(gateway.edgeUrl).port), '127.0.0.1');
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

const expected = (outcome: HostileOutcome) => {
  if (typeof outcome === 'object') return { status: 200, body: outcome };
  return { status: outcome === 'malformed' ? 400 : 404, body: expect.anything() as unknown };
};

describe.each([
  ['its own path', '/api/items/'],
  ['a rewritten path', '/api/moved/'],
  ["somebody else's service", '/api/carrier/'],
])('a route with %s', (_, prefix) => {
  test.each(hostileSegments)('reads %j in one way, or refuses it', async (segment, outcome) => {
    notices = [];
    const { status, body } = await read(prefix + segment);
    // What is no target of HTTP at all ends at the first layer, without a body.
    expect({ status, body: body ?? {} }).toEqual(expected(outcome));
    expect(notices).toEqual([]);
  });
});

describe('a route with several segments', () => {
  test.each([
    ['a', { rest: 'a' }],
    ['a/b%20c/d', { rest: 'a/b c/d' }],
    ['a/b/', { rest: 'a/b/' }],
    ['a%2541/%C3%A9', { rest: 'a%41/\u00e9' }],
    ['a/../b', undefined],
    ['../../internal', undefined],
    ['a/%2e%2e/b', undefined],
    ['a/..;/b', undefined],
    ['a//b', undefined],
    ['/a', undefined],
    ['a%2Fb', undefined],
    ['a%5Cb', undefined],
    ['a%3Fb', undefined],
    ['a/%00', undefined],
    ['a/%ff', undefined],
  ])('reads %j in one way, or refuses it', async (rest, body) => {
    for (const prefix of ['/api/files/', '/api/moved-files/']) {
      const answer = await read(prefix + rest);
      expect(body === undefined ? answer.status : answer).toEqual(
        body === undefined ? 400 : { status: 200, body },
      );
    }
  });
});

describe('a query', () => {
  const seenOf = (query: string) => {
    const parameters = new URLSearchParams(query);
    const names = [...new Set(parameters.keys())].filter((name) => name !== '');
    return Object.fromEntries(names.map((name) => [name, parameters.getAll(name)]));
  };

  test.each(hostileQueries)('of %j is read in one way, or refused', async (query, isTaken) => {
    const { status, body } = await read(`/api/items?${query}`);
    expect({ status, body }).toEqual(
      isTaken
        ? { status: 200, body: { query: seenOf(query) } }
        : { status: 400, body: refusalResponses.malformed.body },
    );
  });

  test('that chooses the service says so once', async () => {
    expect((await read('/api/chosen?of=shop')).body).toEqual({ of: 'shop' });
    for (const query of ['of=shop&of=other', 'of=other&of=shop', 'of=other&%6ff=shop', 'of=a&of=a']) {
      expect((await read(`/api/chosen?${query}`)).status).toBe(400);
    }
    expect((await read('/api/chosen?if=a&if=b')).status).toBe(200);
  });
});

describe('a header', () => {
  test.each([
    ['Idempotency-Key: caf\u00c3\u00a9', 400],
    ['If-Match: "\u00e9"', 400],
    ['Signature-Input: \u00ff', 400],
    ['User-Agent: caf\u00c3\u00a9', 200],
    ['Cookie: name=caf\u00c3\u00a9', 200],
    ['X-Anything: a\tb', 200],
    ['Cookie: a=\u007f', 400],
  ])('%j is answered with %i', async (line, status) => {
    expect((await read('/api/items', `${line}\r\n`)).status).toBe(status);
  });
});

const units =
  String.raw`a b c - 7 . ~ ; + : @ = & % %C3%A9 %c3 %20 %25 %2e %2F %5c %3f %23 %00 25 2f %e2%81%84 .. / \ ? #`.split(
    ' ',
  );
const unit = fc.constantFrom(...units, '\u00e9');

test('whatever is allowed reaches the service as exactly the parameters that the decision judged', async () => {
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/api/items/', '/api/moved/', '/api/carrier/', '/api/files/', '/api/moved-files/'),
      fc.array(unit, { minLength: 1, maxLength: 6 }),
      async (prefix, sent) => {
        const { status, body } = await read(prefix + sent.join(''));
        expect([200, 400, 404]).toContain(status);
        if (status !== 200 || sent.includes('?')) return;
        reached += 1;
        expect(body).toEqual(judged);
      },
    ),
    { numRuns: 150 },
  );
  // The property is about something.
  expect(reached).toBeGreaterThan(10);
});
