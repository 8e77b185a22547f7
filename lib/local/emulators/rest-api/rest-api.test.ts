import { afterEach, describe, expect, test } from 'vitest';
import type { SampleResources } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedError } from '../../engine/unsupported.ts';
import { sampleRestApi } from './testing/literal-rest-api.ts';
import { startRestApi as start, stopRestApis } from './testing/start-rest-api.ts';

afterEach(stopRestApis);

describe('a REST API', () => {
  test('sends the stage, the path with its parameters, and the query to the load balancer', async () => {
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

  test('replaces headers of the client with mapped headers, also repeated ones', async () => {
    const { call, service } = await start();
    await call('/partner/things/1', { 'X-Gw-Decision': 'deny', 'x-client-id': 'forged', 'x-other': 'kept' });
    expect(service.received[0]?.headers).toMatchObject({
      'x-gw-decision': 'allow',
      'x-client-id': 'test.UnlimitedKey',
      'x-api-key': '-',
      'x-other': 'kept',
    });
    // A mapping without a value removes the header of the client.
    expect(service.received[0]?.headers['x-client-address']).toBeUndefined();
  });

  test('returns 403 for unknown paths, methods and stages', async () => {
    const { call, service } = await start();
    expect(await call('/partner/nothing')).toMatchObject({
      status: 404,
      text: '{"detail":"Missing Authentication Token","id":"request-1"}',
    });
    expect((await call('/partner/things/1', {}, { method: 'DELETE' })).status).toBe(404);
    expect(await call('/other/things/1')).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' });
    expect(service.received).toEqual([]);
  });

  test('renames reserved header fields of a response', async () => {
    const { call } = await start(sampleRestApi, (response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer', server: 'us', 'x-own': '1' }).end();
    });
    const { status, headers } = await call('/partner/things/1');
    expect(status).toBe(401);
    expect(headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(headers.get('x-amzn-remapped-server')).toBe('us');
    expect([headers.get('www-authenticate'), headers.get('x-own')]).toEqual([null, '1']);
  });

  test('returns 504 when the service is too slow', async () => {
    const { call, log } = await start(sampleRestApi, () => undefined);
    expect(await call('/partner/things/1')).toMatchObject({
      status: 504,
      text: '{"message":"Endpoint request timed out"}',
    });
    expect(JSON.parse(log[0] ?? '')).toMatchObject({ status: '504', type: 'INTEGRATION_TIMEOUT' });
  });
});

describe('the authorizer of a REST API', () => {
  test('is not invoked for a request without its identity source', async () => {
    const { call, events } = await start();
    expect(await call('/partner/things/1', { 'x-secret': '' })).toMatchObject({
      status: 401,
      text: '{"message":"Unauthorized"}',
    });
    expect(events).toEqual([]);
  });

  test('caches its result for all methods', async () => {
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

  test('refuses the request when it fails, and is invoked again', async () => {
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
  ])('is refused with 403 when it %s', async (_, key) => {
    const { call, service } = await start();
    expect(await call('/partner/things/1', { 'x-api-key': key })).toMatchObject({
      status: 403,
      text: '{"message":"Forbidden"}',
    });
    expect(service.received).toEqual([]);
  });

  test('is admitted with the burst of its plan, then with the rate', async () => {
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
    // Each key has a separate bucket.
    expect((await call('/partner/things/1')).status).toBe(200);
  });

  test('is admitted up to the monthly quota; refused calls do not count', async () => {
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

  test('keeps its count when its plan changes; the change applies at once', async () => {
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

  test('forwards a valid request with its body unchanged', async () => {
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

  test('names every missing or empty parameter', async () => {
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

test('refuses unsupported properties and names them', async () => {
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
    [
      changed('Get', { AuthorizerId: 'test.Nobody' }),
      'AuthorizerId: does not name a resource of this deployment',
    ],
    [
      changed('Get', { Integration: { ...integration, CacheNamespace: 'x' } }),
      'Integration.CacheNamespace: is not',
    ],
    [
      changed('Get', { Integration: { ...integration, IntegrationTarget: 'test.Link' } }),
      'IntegrationTarget: does not name a load balancer',
    ],
    [
      changed('Get', {
        Integration: { ...integration, RequestParameters: { 'integration.request.header.x': '$context.x' } },
      }),
      '$context.x is not a valid source of a mapping',
    ],
    [changed('Throttled', { ResponseType: 'SLOW' }), 'SLOW is not a response type'],
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
