import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { enforceDecision } from '../../../runtime/contracts/decision-guard.ts';
import { refusalResponses } from '../../../runtime/contracts/refusals.ts';
import { gatewayResponseHeaders } from '../../../runtime/contracts/response-headers.ts';
import { readHttpRequest } from '../../../runtime/http/lambda-http.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { createIssuer, createKey, noon, type TestKey } from '../../../runtime/tokens/testing/test-issuers.ts';
import { contextKeys } from '../contract.ts';
import { createPorts, eventOf, fixedPolicy, originSecret, policy } from '../testing/decision-fixtures.ts';
import { createAuthorizer } from './authorizer.ts';

let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});

function authorizerWith(part: Parameters<typeof createPorts>[2] = {}) {
  const lines: string[] = [];
  const metrics: string[] = [];
  const authorize = createAuthorizer({
    policies: fixedPolicy(policy),
    ports: createPorts(createIssuer(key), () => noon, part),
    now: () => noon,
    log: createLog((line) => lines.push(line)),
    writeMetrics: (line) => metrics.push(line),
  });
  return { authorize, lines, metrics };
}

test('returns a simple response, which the load balancer enforces', async () => {
  const { authorize, lines } = authorizerWith();
  const answer = await authorize(eventOf('GET /api/products'));
  expect(answer).toMatchObject({ isAuthorized: true, context: { decision: 'allow' } });
  expect(lines).toEqual([]);
});

test('returns unavailable with every key on an internal error, and logs it', async () => {
  const broken = { take: () => Promise.reject(new Error('out of order')) };
  const { authorize, lines } = authorizerWith({ limitStore: broken });
  const { context } = await authorize(eventOf('GET /api/products'));
  expect(context).toMatchObject({ decision: 'unavailable', reason: 'internal-error' });
  expect(Object.keys(context).sort()).toEqual([...contextKeys].sort());
  expect(lines).toEqual(['{"level":"error","message":"The decision failed.","error":"Error: out of order"}']);
});

const word = fc.oneof(fc.string(), fc.anything(), fc.constantFrom('__proto__', 'constructor'));
const headers = fc.record(
  {
    'x-gw-origin-secret': fc.oneof(fc.constant(originSecret), word),
    'x-gw-viewer-address': fc.oneof(fc.constant('192.0.2.7'), word),
    authorization: fc.oneof(
      word,
      fc.string().map((text) => `Bearer ${text}`),
    ),
  },
  { requiredKeys: [] },
);
const event = fc.oneof(
  fc.anything(),
  fc.record({
    routeKey: fc.oneof(fc.constantFrom(...Object.keys(policy.routes)), word),
    headers: fc.oneof(headers, fc.anything()),
    queryStringParameters: fc.anything(),
  }),
);
const anonymousRoutes = Object.entries(policy.routes).flatMap(([route, { access }]) =>
  access.kind === 'anonymous' || access.kind === 'optional' ? [route] : [],
);

test('never throws, lacks a key, or allows more than anonymous access for an arbitrary event', async () => {
  const { authorize, lines } = authorizerWith();
  await fc.assert(
    fc.asyncProperty(event, async (drawn) => {
      const { context } = await authorize(drawn);
      expect(Object.keys(context).sort()).toEqual([...contextKeys].sort());
      for (const value of Object.values(context)) expect(value).toMatch(/^[\x20-\x7e]+$/);
      if (context.decision !== 'allow') return;
      const asked = drawn as { routeKey: string; headers: Record<string, unknown> };
      expect(anonymousRoutes).toContain(asked.routeKey);
      expect(asked.headers['x-gw-origin-secret']).toBe(originSecret);
    }),
    { numRuns: 1_000 },
  );
  expect(lines).toEqual([]);
});

test('the guard of a Lambda integration understands every decision', async () => {
  const { authorize } = authorizerWith();
  const callWith = async (routeKey: string, part: Record<string, string> = {}) =>
    readHttpRequest({
      routeKey,
      requestContext: {
        requestId: 'r-1',
        authorizer: { lambda: (await authorize(eventOf(routeKey, part))).context },
      },
    });

  const allowed = await callWith('GET /api/products');
  expect(enforceDecision(allowed, 'product')).toBeUndefined();
  expect(enforceDecision(allowed, 'order')?.statusCode).toBe(403);
  expect(gatewayResponseHeaders(200, allowed)).toEqual({
    'x-request-id': 'r-1',
    'x-gateway-policy': `${policy.version}+none`,
    ratelimit: '"anonymous";r=9;t=2',
    'ratelimit-policy': '"anonymous";q=50;w=60',
    'x-ratelimit-limit': '10',
    'x-ratelimit-remaining': '9',
    'x-ratelimit-reset': '2',
    'x-quota-limit': 'unlimited',
    'x-quota-remaining': 'unlimited',
    'x-quota-reset': 'unlimited',
    'cache-control': 'public, max-age=60',
  });

  const refused = enforceDecision(await callWith('GET /api/profile'), 'user');
  expect(refused).toEqual({
    statusCode: 401,
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'r-1',
      'x-gateway-policy': `${policy.version}+none`,
      'www-authenticate': 'Bearer realm="gatehouse"',
      'cache-control': 'no-store',
    },
    body: JSON.stringify(refusalResponses.unauthenticated.body),
    isBase64Encoded: false,
  });
});
