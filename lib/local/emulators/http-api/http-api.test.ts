import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import type { Invocation } from '../../engine/gateway-ports.ts';
import { type SampleResources, sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { listen } from '../../http/server.ts';
import { startTestServer } from '../../http/testing/test-server.ts';
import { Upstream } from '../../http/upstream.ts';
import { compileApi } from './compile-api.ts';
import { serveApi } from './http-api.ts';
import { sampleApi, sampleAuthorizer } from './testing/literal-api.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

type Behaviour = (event: Record<string, unknown>) => Promise<Invocation> | Invocation;

async function start(
  behaviours: { readonly auth?: Behaviour; readonly work?: Behaviour } = {},
  replaced: SampleResources = {},
) {
  const service = await startTestServer((response, { url }) => {
    if (url.startsWith('/open/slow')) return;
    if (url.startsWith('/open/break')) response.destroy();
    else if (url.startsWith('/open/big')) response.setHeader('content-length', 10_485_761).end();
    else if (url.startsWith('/open/missing')) response.writeHead(404).end('gone');
    else response.setHeader('access-control-allow-origin', 'https://service.example').end('ok');
  });
  const upstream = new Upstream(service.url);
  const log: string[] = [];
  const notices: string[] = [];
  const events: Record<string, unknown>[] = [];
  const clock = { ms: Date.parse('2026-03-12T19:03:58Z') };
  const findings = new UnsupportedFeatures();
  const api = compileApi(sampleDeployment({ ...sampleApi, ...replaced }), findings);
  findings.throwIfAny();
  if (api === null) throw new Error('no API');
  const { auth = () => ({ ok: true, payload: { isAuthorized: true, context: { user: 'alice' } } }), work } =
    behaviours;
  const layer = await listen(
    serveApi(api, () => upstream, {
      invoke: async (reference, event) => {
        events.push(event as Record<string, unknown>);
        const behaviour = reference.includes('test.Auth') ? auth : work;
        return (await behaviour?.(event as Record<string, unknown>)) ?? { ok: false, error: 'none' };
      },
      now: () => clock.ms,
      requestId: () => 'request-1',
      accessLog: (line) => log.push(line),
      notice: (text) => notices.push(text),
    }),
    { host: '127.0.0.1', port: 0, name: 'API', maxHeaderBytes: 65_536, notice: (text) => notices.push(text) },
  );
  stops.push(service.close, () => upstream.close(), layer.close);
  const call = async (path: string, options: Parameters<typeof request>[1] = {}) => {
    const { statusCode, headers, body } = await request(`${layer.url}${path}`, options);
    return { status: statusCode, headers, body: await body.text() };
  };
  return { call, service, log, notices, events, clock };
}

const message = (text: string) => JSON.stringify({ message: text });

describe('authorizer', () => {
  test('receives the complete event of payload format 2.0', async () => {
    const { call, events } = await start();
    await call('/guarded/a%20b?x=1&x=2&y=%2B', {
      headers: [
        'X-One',
        '1',
        'x-one',
        '2',
        'Cookie',
        'a=1; b=2',
        'User-Agent',
        'test',
        'Host',
        'abc.example',
      ],
    });
    expect(events[0]).toEqual({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:eu-west-1:000000000000:test.Api/$default/GET/guarded/a b',
      identitySource: [],
      routeKey: 'ANY /guarded/{id}',
      rawPath: '/guarded/a b',
      rawQueryString: 'x=1&x=2&y=%2B',
      cookies: ['a=1', 'b=2'],
      headers: { 'x-one': '1,2', 'user-agent': 'test', host: 'abc.example', connection: 'keep-alive' },
      queryStringParameters: { x: '1,2', y: '+' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'test.Api',
        domainName: 'abc.example',
        domainPrefix: 'abc',
        http: {
          method: 'GET',
          path: '/guarded/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        requestId: 'request-1',
        routeKey: 'ANY /guarded/{id}',
        stage: '$default',
        time: '12/Mar/2026:19:03:58 +0000',
        timeEpoch: Date.parse('2026-03-12T19:03:58Z'),
      },
      pathParameters: { id: 'a b' },
    });
  });

  test.each([
    ['a refusal', { ok: true, payload: { isAuthorized: false } }, 403, 'Forbidden'],
    ['a word for a boolean', { ok: true, payload: { isAuthorized: 'true' } }, 500, 'Internal Server Error'],
    ['a policy', { ok: true, payload: { policyDocument: {} } }, 500, 'Internal Server Error'],
    ['a failure', { ok: false, error: 'boom' }, 500, 'Internal Server Error'],
  ] as const)('answers %s as AWS does', async (_, result, status, text) => {
    const { call, service, log } = await start({ auth: () => result });
    expect(await call('/guarded/1')).toMatchObject({ status, body: message(text) });
    expect(service.received).toEqual([]);
    expect(JSON.parse(log[0] ?? '')).toMatchObject({ status: String(status), user: '-' });
  });

  test('is not invoked when an identity source is missing', async () => {
    const { call, events } = await start(
      {},
      { Authorizer: sampleAuthorizer({ IdentitySource: ['$request.header.Authorization'] }) },
    );
    expect(await call('/guarded/1')).toMatchObject({ status: 401, body: message('Unauthorized') });
    expect(events).toEqual([]);
    expect((await call('/guarded/1', { headers: { authorization: 'x' } })).status).toBe(200);
    expect(events[0]?.['identitySource']).toEqual(['x']);
  });

  test('with result caching is refused at the start', async () => {
    await expect(
      start({}, { Authorizer: sampleAuthorizer({ AuthorizerResultTtlInSeconds: 300 }) }),
    ).rejects.toThrow(/Authorizer\.AuthorizerResultTtlInSeconds: 300 is not emulated, only 0/);
  });
});

describe('proxy integration', () => {
  test('maps responses by status code and logs one line in the format of the stage', async () => {
    const { call, log } = await start();
    const answer = await call('/guarded/1', { headers: { 'user-agent': 'quoted "agent"\t\\' } });
    expect(answer.headers).toMatchObject({ 'x-user': 'alice', 'apigw-requestid': 'request-1' });
    expect(log.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        status: '200',
        route: 'ANY /guarded/{id}',
        user: 'alice',
        type: '-',
        agent: 'quoted "agent"\t\\',
        integration: '200',
      },
    ]);
    expect(await call('/open/missing')).toMatchObject({ status: 410, body: 'gone' });
  });

  test('adds the forwarding headers of the client', async () => {
    const { call, service } = await start();
    await call('/open/x', { headers: { host: 'abc.example', 'x-forwarded-for': '192.0.2.7' } });
    expect(service.received[0]?.headers).toMatchObject({
      host: 'abc.example',
      forwarded: 'by=127.0.0.1;for=127.0.0.1;host=abc.example;proto=https',
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      via: 'HTTP/1.1 AmazonAPIGateway',
    });
  });

  test.each([
    ['/open/slow', 504, 'Endpoint request timed out'],
    ['/open/break', 503, 'Service Unavailable'],
    ['/open/big', 500, 'Internal Server Error'],
  ])('%s returns %i', async (path, status, text) => {
    const { call } = await start();
    expect(await call(path)).toMatchObject({ status, body: message(text) });
  });

  test('returns 503 when the load balancer refuses the connection', async () => {
    const { call, service } = await start();
    await service.close();
    expect(await call('/open/x')).toMatchObject({ status: 503, body: message('Service Unavailable') });
  });

  test('refuses a request line and headers over 10,240 bytes', async () => {
    const { call } = await start();
    expect((await call('/open/x', { headers: { a: 'x'.repeat(10_240) } })).status).toBe(431);
    expect((await call('/open/x', { headers: { a: 'x'.repeat(9_000) } })).status).toBe(200);
  });
});

test('throttles a route by its settings', async () => {
  const { call, clock } = await start();
  const statuses = [];
  for (let turn = 0; turn < 3; turn += 1) statuses.push((await call('/limited')).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await call('/limited')).body).toBe(message('Too Many Requests'));
  clock.ms += 1_000;
  expect((await call('/limited')).status).toBe(200);
});

describe('function integration', () => {
  test('passes decision, body and mapped headers', async () => {
    const { call, events } = await start({
      work: () => ({ ok: true, payload: { statusCode: 201, body: 'made' } }),
    });
    const answer = await call('/function/7', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":"é"}',
    });
    expect(answer).toMatchObject({ status: 201, body: 'made' });
    expect(events[1]).toMatchObject({
      version: '2.0',
      body: '{"a":"é"}',
      isBase64Encoded: false,
      headers: { 'x-request-id': 'request-1' },
      pathParameters: { id: '7' },
      requestContext: { authorizer: { lambda: { user: 'alice' } } },
    });
    expect(events[1]).not.toHaveProperty('type');
  });

  test('passes binary bodies as base64', async () => {
    const { call, events } = await start({ work: () => ({ ok: true, payload: 'ok' }) });
    await call('/function/7', {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: Buffer.from([1, 2, 255]),
    });
    expect(events[1]).toMatchObject({ body: 'AQL/', isBase64Encoded: true });
  });

  test('returns 500 for a failed function and 503 for a slow one', async () => {
    const failing = await start({ work: () => ({ ok: false, error: 'boom' }) });
    expect((await failing.call('/function/1')).status).toBe(500);
    const slow = await start({ work: () => delay(500, { ok: true, payload: 'late' } as const) });
    expect(await slow.call('/function/1')).toMatchObject({
      status: 503,
      body: message('Service Unavailable'),
    });
  });
});

describe('CORS', () => {
  const api = {
    Api: {
      type: 'AWS::ApiGatewayV2::Api',
      properties: {
        ProtocolType: 'HTTP',
        CorsConfiguration: {
          AllowOrigins: ['https://shop.example'],
          ExposeHeaders: ['x-request-id', 'Retry-After'],
        },
      },
    },
  };

  test('replaces the CORS headers of the integration with the configured ones', async () => {
    const { call } = await start({}, api);
    const known = await call('/open/x', { headers: { origin: 'https://shop.example' } });
    expect(known.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': 'x-request-id,Retry-After',
    });
    const unknown = await call('/open/x', { headers: { origin: 'https://evil.example' } });
    expect(unknown.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('keeps the CORS headers of the integration without a configuration', async () => {
    const { call } = await start();
    expect((await call('/open/x')).headers['access-control-allow-origin']).toBe('https://service.example');
  });

  test('returns no CORS headers for a preflight from an unknown origin', async () => {
    const { call, service } = await start({}, api);
    const answer = await call('/open/x', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
    });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, undefined]);
    expect((await call('/open/x', { method: 'OPTIONS' })).status).toBe(200);
    expect(service.received).toHaveLength(1);
  });
});
