import { afterEach, describe, expect, test } from 'vitest';
import type { Invocation } from '../../engine/gateway-ports.ts';
import { type SampleResources, sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedError, UnsupportedFeatures } from '../../engine/unsupported.ts';
import { listen } from '../../http/server.ts';
import { startTestServer } from '../../http/testing/test-server.ts';
import { Upstream } from '../../http/upstream.ts';
import { compileRestApi } from './compile-rest-api.ts';
import { serveRestApi } from './rest-api.ts';
import { sampleRestApi } from './testing/literal-rest-api.ts';
import { UsagePlans } from './usage-plans.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const policy = (effect: string): Invocation => ({
  ok: true,
  payload: {
    policyDocument: {
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: 'arn/partner/*' }],
    },
  },
});

type AnswerOf = Parameters<typeof startTestServer>[0];

async function start(
  resources: SampleResources = sampleRestApi,
  answer: AnswerOf = (response) => response.end('ok'),
) {
  const service = await startTestServer(answer);
  const upstream = new Upstream(service.url);
  const deployment = sampleDeployment(resources);
  const clock = { ms: Date.UTC(2026, 10, 20) };
  const findings = new UnsupportedFeatures();
  const usagePlans = new UsagePlans(
    deployment,
    (name) => `value-${name}`,
    () => clock.ms,
  );
  const api = compileRestApi(deployment, { now: () => clock.ms }, findings);
  findings.throwIfAny();
  if (api === null) throw new Error('no API');
  const log: string[] = [];
  const events: { readonly headers: Record<string, string>; readonly methodArn: string }[] = [];
  const layer = await listen(
    serveRestApi(api, () => upstream, {
      invoke: (_, event) => {
        events.push(event as (typeof events)[number]);
        const secret = events.at(-1)?.headers['x-secret'];
        return Promise.resolve(
          secret === 'broken'
            ? { ok: false, error: 'Error: broken' }
            : policy(secret === 'right' ? 'Allow' : 'Deny'),
        );
      },
      now: () => clock.ms,
      requestId: () => 'request-1',
      accessLog: (line) => log.push(line),
      notice: () => undefined,
      usagePlans,
    }),
    { host: '127.0.0.1', port: 0, name: 'api', maxHeaderBytes: 65_536, notice: () => undefined },
  );
  stops.push(service.close, () => upstream.close(), layer.close);
  const call = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await fetch(`${layer.url}${path}`, {
      ...init,
      headers: { 'x-secret': 'right', 'x-api-key': 'value-unlimited', ...headers },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { call, service, clock, log, events, usagePlans };
}

describe('a REST API', () => {
  test('leads a call to the load balancer, the stage before the path, parameters and query as they were', async () => {
    const { call, service, log } = await start();
    const { status, text, headers } = await call('/partner/things/a%2Fb?x=1&x=%20', {
      'x-viewer': '192.0.2.1',
    });
    expect([status, text, headers.get('x-amzn-requestid')]).toEqual([200, 'ok', 'request-1']);
    expect(service.received[0]).toMatchObject({
      method: 'GET',
      url: '/partner/api/things/a%2Fb?x=1&x=%20',
      headers: {
        'x-client-address': '192.0.2.1',
        'x-client-id': 'test.UnlimitedKey',
        'x-forwarded-proto': 'https',
      },
    });
    expect(JSON.parse(log[0] ?? '')).toMatchObject({
      status: '200',
      client: 'test.UnlimitedKey',
      route: 'GET /things/{id}',
      type: '-',
      latency: expect.stringMatching(/^\d+$/),
    });
  });

  test('puts mapped headers in the place of those that the caller has sent, however often', async () => {
    const { call, service } = await start();
    await call('/partner/things/1', { 'X-Gw-Decision': 'deny', 'x-client-id': 'forged', 'x-other': 'kept' });
    expect(service.received[0]?.headers).toMatchObject({
      'x-gw-decision': 'allow',
      'x-client-id': 'test.UnlimitedKey',
      'x-api-key': '-',
      'x-other': 'kept',
    });
    // A value that is not there leaves nothing of the caller's.
    expect(service.received[0]?.headers['x-client-address']).toBeUndefined();
  });

  test('answers for paths, methods and stages that are not there', async () => {
    const { call, service } = await start();
    expect(await call('/partner/nothing')).toMatchObject({
      status: 404,
      text: '{"detail":"Missing Authentication Token","id":"request-1"}',
    });
    expect((await call('/partner/things/1', {}, { method: 'DELETE' })).status).toBe(404);
    expect(await call('/other/things/1')).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' });
    expect(service.received).toEqual([]);
  });

  test('renames header fields of an answer that are its own', async () => {
    const { call } = await start(sampleRestApi, (response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer', server: 'us', 'x-own': '1' }).end();
    });
    const { status, headers } = await call('/partner/things/1');
    expect(status).toBe(401);
    expect(headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(headers.get('x-amzn-remapped-server')).toBe('us');
    expect([headers.get('www-authenticate'), headers.get('x-own')]).toEqual([null, '1']);
  });

  test('answers itself when the service is too slow', async () => {
    const { call, log } = await start(sampleRestApi, () => undefined);
    expect(await call('/partner/things/1')).toMatchObject({
      status: 504,
      text: '{"message":"Endpoint request timed out"}',
    });
    expect(JSON.parse(log[0] ?? '')).toMatchObject({ status: '504', type: 'INTEGRATION_TIMEOUT' });
  });
});

describe('the authorizer of a REST API', () => {
  test('is not asked about a call without its identity source', async () => {
    const { call, events } = await start();
    expect(await call('/partner/things/1', { 'x-secret': '' })).toMatchObject({
      status: 401,
      text: '{"message":"Unauthorized"}',
    });
    expect(events).toEqual([]);
  });

  test('decides for all methods, as long as its answer is kept', async () => {
    const { call, events, clock } = await start();
    expect((await call('/partner/things/1')).status).toBe(200);
    expect((await call('/partner/things/2')).status).toBe(200);
    expect((await call('/partner/things/1', { 'x-secret': 'wrong' })).status).toBe(403);
    expect((await call('/partner/things/1', { 'x-secret': 'wrong' })).status).toBe(403);
    expect(events).toHaveLength(2);
    expect(events[0]?.methodArn).toMatch(/:test\.Rest\/partner\/GET\/things\/1$/);
    clock.ms += 60_001;
    await call('/partner/things/1');
    expect(events).toHaveLength(3);
  });

  test('that fails refuses, and is asked again', async () => {
    const { call, events } = await start();
    for (const _ of [1, 2])
      expect((await call('/partner/things/1', { 'x-secret': 'broken' })).status).toBe(500);
    expect(events).toHaveLength(2);
  });
});

describe('an API key', () => {
  test.each([
    ['is missing', ''],
    ['is unknown', 'value-nobody'],
    ['is switched off', 'value-off'],
    ['is in no plan', 'value-loose'],
  ])('that %s is refused with 403', async (_, key) => {
    const { call, service } = await start();
    expect(await call('/partner/things/1', { 'x-api-key': key })).toMatchObject({
      status: 403,
      text: '{"message":"Forbidden"}',
    });
    expect(service.received).toEqual([]);
  });

  test('gets its burst at once, and then its rate', async () => {
    const { call, clock } = await start();
    const small = () => call('/partner/things/1', { 'x-api-key': 'value-small' });
    expect([(await small()).status, (await small()).status]).toEqual([200, 200]);
    const refused = await small();
    expect([refused.status, refused.text, refused.headers.get('retry-after')]).toEqual([
      429,
      '{"title":"slow down"}',
      '1',
    ]);
    clock.ms += 1_000;
    expect([(await small()).status, (await small()).status]).toEqual([200, 429]);
    // Another key's bucket is another.
    expect((await call('/partner/things/1')).status).toBe(200);
  });

  test('gets what its plan gives in a month, of which refused calls take nothing', async () => {
    const { call, clock } = await start();
    const small = async () => (await call('/partner/things/1', { 'x-api-key': 'value-small' })).status;
    expect([await small(), await small(), await small()]).toEqual([200, 200, 429]);
    for (const _ of [3, 4, 5]) {
      clock.ms += 1_000;
      expect(await small()).toBe(200);
    }
    clock.ms += 1_000;
    expect(await call('/partner/things/1', { 'x-api-key': 'value-small' })).toMatchObject({
      status: 429,
      text: '{"message":"Limit Exceeded"}',
    });
    clock.ms = Date.UTC(2026, 11, 1);
    expect(await small()).toBe(200);
  });

  test('keeps what it has used when its plan changes, which is at once', async () => {
    const { call, usagePlans } = await start();
    const small = async () => (await call('/partner/things/1', { 'x-api-key': 'value-small' })).status;
    expect([await small(), await small(), await small()]).toEqual([200, 200, 429]);
    usagePlans.write('test.Small', { quota: { limit: 4, period: 'MONTH' } });
    expect([await small(), await small(), await small()]).toEqual([200, 200, 429]);
  });
});

describe('request validation', () => {
  const send = async (
    { call }: Awaited<ReturnType<typeof start>>,
    body: string,
    headers: Record<string, string> = {},
    query = '?country=de',
  ) =>
    call(
      `/partner/things${query}`,
      { 'content-type': 'application/json', 'idempotency-key': 'a', ...headers },
      { method: 'POST', body },
    );

  test('lets a good call through, its body as it was', async () => {
    const run = await start();
    expect((await send(run, '{ "quantity": 99 }')).status).toBe(200);
    expect(run.service.received[0]?.bytes).toBe(18);
  });

  test.each([
    '{}',
    '[]',
    '{"quantity":0}',
    '{"quantity":100}',
    '{"quantity":1.5}',
    '{"quantity":1,"x":1}',
    '{',
    '',
  ])('refuses the body %s', async (body) => {
    const run = await start();
    const { status, text } = await send(run, body);
    expect(status).toBe(422);
    expect((JSON.parse(text) as { detail: string }).detail).toMatch(/^\[.+\]$/);
    expect(run.service.received).toEqual([]);
  });

  test('names every parameter that is missing, an empty one too', async () => {
    const run = await start();
    const { status, text } = await send(run, '{"quantity":1}', { 'idempotency-key': '' }, '?country=');
    expect([status, text]).toEqual([
      400,
      '{"message":"Missing required request parameters: [Idempotency-Key, country]"}',
    ]);
  });

  test.each(['text/plain', 'application/xml', 'application/JSON; charset=utf-8', 'application/json5'])(
    'holds a body that calls itself %s against the model for every type',
    async (type) => {
      const run = await start();
      expect((await send(run, '{"quantity":0}', { 'content-type': type })).status).toBe(422);
      expect((await send(run, 'quantity=1', { 'content-type': type })).status).toBe(422);
      expect((await send(run, '{"quantity":1}', { 'content-type': type })).status).not.toBe(422);
    },
  );

  test('refuses a body over 10 MB', async () => {
    const run = await start();
    const { status, text } = await send(run, 'x'.repeat(10 * 1_024 * 1_024 + 1));
    expect([status, text]).toEqual([413, '{"message":"Request Too Long"}']);
  });
});

test('what is not emulated is refused by name', async () => {
  const changed = (logicalId: string, properties: object): SampleResources => {
    const before = sampleRestApi[logicalId];
    return {
      ...sampleRestApi,
      [logicalId]: {
        type: before?.type ?? `AWS::ApiGateway::${logicalId}`,
        properties: { ...before?.properties, ...properties },
      },
    };
  };
  const integration = sampleRestApi['Get']?.properties['Integration'] as Record<string, object>;
  for (const [resources, finding] of [
    [changed('Rest', { BinaryMediaTypes: ['*/*'] }), 'RestApi.BinaryMediaTypes: is not emulated'],
    [changed('Rest', { EndpointConfiguration: { Types: ['EDGE'] } }), '"EDGE" is not emulated'],
    [changed('Stage', { CacheClusterEnabled: true }), 'Stage.CacheClusterEnabled: is not emulated'],
    [changed('Get', { HttpMethod: 'ANY' }), '"ANY" is not emulated'],
    [changed('Get', { AuthorizerId: 'test.Nobody' }), 'AuthorizerId: means nothing of this deployment'],
    [
      changed('Get', { Integration: { ...integration, CacheNamespace: 'x' } }),
      'Integration.CacheNamespace: is not',
    ],
    [
      changed('Get', { Integration: { ...integration, IntegrationTarget: 'test.Link' } }),
      'IntegrationTarget: means no load balancer',
    ],
    [
      changed('Get', {
        Integration: { ...integration, RequestParameters: { 'integration.request.header.x': '$context.x' } },
      }),
      '$context.x is no value that a mapping can take',
    ],
    [changed('Throttled', { ResponseType: 'SLOW' }), 'SLOW is no response type'],
    [
      changed('Throttled', { ResponseTemplates: { 'application/json': '$context.x' } }),
      '$context.x is not emulated',
    ],
    [changed('Origin', { IdentitySource: 'context.stage' }), 'IdentitySource: is not emulated'],
    [changed('Small', { Quota: { Limit: 1, Period: 'DAY' } }), '"DAY" is not emulated'],
  ] as const) {
    const refused = await start(resources).then(
      () => '',
      (error: unknown) => (error instanceof UnsupportedError ? error.message : String(error)),
    );
    expect(refused).toContain(finding);
  }
});
