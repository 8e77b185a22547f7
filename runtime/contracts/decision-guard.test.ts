import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeContentDigest } from '../http/content-digest.ts';
import { readHttpRequest } from '../http/lambda-http.ts';
import { enforceDecision, withGatewayHeaders } from './decision-guard.ts';
import { decisions } from './gateway-contract.ts';
import { digestMismatch, refusalResponses } from './refusals.ts';
import { gatewayResponseHeaders } from './response-headers.ts';

const decision = {
  decision: 'allow',
  service: 'carrier',
  policyVersion: 'v1',
  rateLimit: '"user";r=1;t=1',
  rateLimitPolicy: '"user";q=10;w=60',
  limit: '5',
  remaining: '1',
  reset: '3',
  quotaLimit: '100',
  quotaRemaining: '99',
  quotaReset: '1000',
  retryAfter: '7',
  challenge: 'Bearer realm="gatehouse"',
  cacheControl: 'private, no-store',
};
const callWith = (part: Record<string, unknown> = {}) =>
  readHttpRequest({
    requestContext: { requestId: 'r-1', authorizer: { lambda: { ...decision, ...part } } },
  });

const always = { 'x-request-id': 'r-1', 'x-gateway-policy': 'v1' };
const limits = {
  ratelimit: '"user";r=1;t=1',
  'ratelimit-policy': '"user";q=10;w=60',
  'x-ratelimit-limit': '5',
  'x-ratelimit-remaining': '1',
  'x-ratelimit-reset': '3',
  'x-quota-limit': '100',
  'x-quota-remaining': '99',
  'x-quota-reset': '1000',
};

describe('the guard', () => {
  test('lets through an allowed call for its service, and no other', () => {
    expect(enforceDecision(callWith(), 'carrier')).toBeUndefined();
    expect(enforceDecision(callWith(), 'order')?.statusCode).toBe(403);
    expect(enforceDecision(callWith({ service: 'order' }), 'carrier')?.statusCode).toBe(403);
    for (const odd of [undefined, '', 'ALLOW', 'allow ', 'yes', true, ['allow']]) {
      expect(enforceDecision(callWith({ decision: odd }), 'carrier')?.statusCode).toBe(403);
    }
    expect(enforceDecision(readHttpRequest({}), 'carrier')?.statusCode).toBe(403);
  });

  test('refuses a body larger than the route accepts, once the call is allowed', () => {
    const call = { ...callWith(), body: Buffer.alloc(64 * 1024 + 1) };
    expect(enforceDecision(call, 'carrier')?.statusCode).toBe(413);
    expect(enforceDecision({ ...call, body: Buffer.alloc(64 * 1024) }, 'carrier')).toBeUndefined();
    expect(enforceDecision(call, 'carrier', 128)).toBeUndefined();
    expect(enforceDecision(call, 'order')?.statusCode).toBe(403);
  });

  test.each(decisions.filter((word) => word !== 'allow'))('answers %s as the load balancer does', (word) => {
    const { status, body } = refusalResponses[word];
    const answer = enforceDecision(callWith({ decision: word }), 'carrier');
    expect(answer).toMatchObject({ statusCode: status, body: JSON.stringify(body), isBase64Encoded: false });
    expect(answer?.headers).toEqual({
      'content-type': 'application/json',
      ...gatewayResponseHeaders(status, callWith()),
    });
  });

  test('refuses arbitrary contexts', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (event, service) => {
        expect(enforceDecision(readHttpRequest(event), service)?.statusCode).toBe(403);
      }),
    );
  });
});

describe('the response headers', () => {
  test.each([
    [200, { ...always, ...limits, 'cache-control': 'private, no-store' }],
    [204, { ...always, ...limits, 'cache-control': 'private, no-store' }],
    [302, { ...always, ...limits }],
    [304, { ...always, ...limits, 'cache-control': 'private, no-store' }],
    [401, { ...always, 'www-authenticate': 'Bearer realm="gatehouse"', 'cache-control': 'no-store' }],
    [403, { ...always, 'www-authenticate': 'Bearer realm="gatehouse"', 'cache-control': 'no-store' }],
    [404, { ...always, ...limits, 'cache-control': 'no-store' }],
    [429, { ...always, ...limits, 'retry-after': '7', 'cache-control': 'no-store' }],
    [502, { ...always, ...limits, 'cache-control': 'no-store' }],
    [503, { ...always, ...limits, 'retry-after': '7', 'cache-control': 'no-store' }],
  ])('for status %i', (status, headers) => {
    expect(gatewayResponseHeaders(status, callWith())).toEqual(headers);
  });

  test("replace the service's headers of the same name and keep the others", () => {
    const answer = withGatewayHeaders(callWith(), {
      statusCode: 200,
      headers: { 'cache-control': 'public', etag: '"1"', ratelimit: 'set by the service' },
      body: 'x',
      isBase64Encoded: false,
    });
    expect(answer.headers).toEqual({
      ...always,
      ...limits,
      etag: '"1"',
      'cache-control': 'private, no-store',
    });
  });
});

test('refuses a body that differs from the signed one, whatever the decision', () => {
  const body = '{"quantity":1}';
  const signed = (contentDigest: string, sent = body, isBase64Encoded = false) =>
    enforceDecision(
      readHttpRequest({
        body: sent,
        isBase64Encoded,
        requestContext: { requestId: 'r-1', authorizer: { lambda: { ...decision, contentDigest } } },
      }),
      'carrier',
    );
  const digest = writeContentDigest('sha-512', Buffer.from(body));
  expect(signed(digest)).toBeUndefined();
  expect(signed(digest, Buffer.from(body).toString('base64'), true)).toBeUndefined();
  expect(signed('-', 'anything')).toBeUndefined();
  expect(signed(digest, `${body} `)).toMatchObject({
    statusCode: 400,
    body: JSON.stringify(digestMismatch.body),
  });
  for (const odd of ['', 'nonsense', 'md5=:AA==:']) expect(signed(odd)?.statusCode).toBe(400);
});
