import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LimitStore } from '../../../runtime/limit-store/limit-store.ts';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestIssuer,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import { contextKeys, type DecisionContext } from '../contract.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { decide } from './decide.ts';
import { readRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';
import { preparePolicy } from './prepared-policy.ts';

const prepared = preparePolicy(policy);
/** Seconds from noon to the end of its month. */
const december = (Date.UTC(2026, 11, 1) - noon) / 1_000;

let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});

let now: number;
let issuer: TestIssuer;
let ports: Ports;
beforeEach(() => {
  now = noon;
  issuer = createIssuer(key);
  ports = createPorts(issuer, () => now);
});

const ask = async (routeKey: string, headers: Record<string, string> = {}, part: Partial<Ports> = {}) => {
  const { context } = await decide(
    readRequest(eventOf(routeKey, headers)),
    prepared,
    { ...ports, ...part },
    now,
  );
  expectComplete(context);
  return context;
};
const bearer = async (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await signToken(key, claims)}`,
});

/** Every key of the contract and no other, each a valid header value. */
function expectComplete(context: DecisionContext): void {
  expect(Object.keys(context).sort()).toEqual([...contextKeys].sort());
  for (const value of Object.values(context))
    expect(value).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
  expect(Number(context.retryAfter)).toBeGreaterThanOrEqual(1);
}

/** A limit store that must not be called. */
const untouched: LimitStore = {
  take: () => Promise.reject(new Error('A refused call was counted.')),
};

describe('allows', () => {
  test('anybody, when the route is anonymous', async () => {
    expect(await ask('GET /api/products')).toEqual({
      decision: 'allow',
      reason: 'ok',
      route: 'GET /api/products',
      service: 'product',
      cohort: 'stable',
      userId: '-',
      userEmail: '-',
      userRole: '-',
      clientId: '-',
      clientAddress: '192.0.2.7',
      caller: '-',
      contentDigest: '-',
      plan: '-',
      rateLimit: '"anonymous";r=9;t=2',
      rateLimitPolicy: '"anonymous";q=50;w=60',
      limit: '10',
      remaining: '9',
      reset: '2',
      quotaLimit: 'unlimited',
      quotaRemaining: 'unlimited',
      quotaReset: 'unlimited',
      quotaBytes: 'unlimited',
      monthStartDay: '1',
      retryAfter: '1',
      challenge: 'Bearer realm="gatehouse"',
      cacheControl: 'public, max-age=60',
      path: '/',
      allowedMethods: '-',
      policyVersion: 'catalogue-0123456789ab+none',
    });
  });

  test('a caller with the permission, and sends its identity to the service', async () => {
    expect(await ask('GET /api/orders', await bearer())).toEqual({
      decision: 'allow',
      reason: 'ok',
      route: 'GET /api/orders',
      service: 'order',
      cohort: 'stable',
      userId: 'ada',
      userEmail: 'ada@example.com',
      userRole: 'customer',
      clientId: 'web',
      clientAddress: '192.0.2.7',
      caller: expect.stringMatching(/^user:[\w-]{22}$/) as string,
      contentDigest: '-',
      plan: 'free',
      rateLimit: `"user";r=49;t=1, "month";r=9999;t=${december}, "month-bytes";r=1000000000;t=${december}`,
      rateLimitPolicy: '"user";q=1000;w=60, "month";q=10000, "month-bytes";q=1000000000;qu="content-bytes"',
      limit: '50',
      remaining: '49',
      reset: '1',
      quotaLimit: '10000',
      quotaRemaining: '9999',
      quotaReset: `${december}`,
      quotaBytes: '1000000000',
      monthStartDay: '1',
      retryAfter: '1',
      challenge: 'Bearer realm="gatehouse"',
      cacheControl: 'private, no-store',
      path: '/',
      allowedMethods: '-',
      policyVersion: 'catalogue-0123456789ab+none',
    });
  });

  test('anybody, when the token is optional; but a given one must be valid', async () => {
    const anonymous = await ask('GET /api/product-details/{id}');
    expect(anonymous).toMatchObject({ decision: 'allow', userId: '-', rateLimit: '"user";r=49;t=1' });
    const known = await ask('GET /api/product-details/{id}', await bearer());
    expect(known).toMatchObject({ decision: 'allow', userId: 'ada' });
    const faulty = await ask('GET /api/product-details/{id}', { authorization: 'Bearer a.b.c' });
    expect(faulty.decision).toBe('unauthenticated');
  });

  test('an anonymous route without reading the token, because its answers are shared', async () => {
    for (const headers of [await bearer(), await bearer({ exp: 1 }), { authorization: 'Bearer x' }]) {
      expect(await ask('GET /api/products', headers)).toMatchObject({
        decision: 'allow',
        userId: '-',
        plan: '-',
      });
    }
    expect(issuer.fetches).toBe(0);
  });

  test('a plan that the policy does not have, as the default plan', async () => {
    for (const plan of ['gold', '__proto__', 'constructor', '', undefined, 7]) {
      expect(await ask('GET /api/profile', await bearer({ plan }))).toMatchObject({ plan: 'free' });
    }
    expect(await ask('GET /api/profile', await bearer({ plan: 'enterprise' }))).toMatchObject({
      plan: 'enterprise',
      quotaLimit: 'unlimited',
      quotaRemaining: 'unlimited',
      quotaReset: 'unlimited',
    });
  });
});

describe('refuses, in this order and without counting', () => {
  test.each([
    ['a call without the origin secret', { 'x-gw-origin-secret': '' }, 'not-from-edge'],
    ['a call with another origin secret', { 'x-gw-origin-secret': 'guessed' }, 'not-from-edge'],
    ['a call without an address', { 'x-gw-viewer-address': '' }, 'no-client-address'],
    ['a call with several addresses', { 'x-gw-viewer-address': '192.0.2.7,192.0.2.8' }, 'no-client-address'],
  ])('%s', async (_, headers, reason) => {
    const context = await ask('GET /api/products', headers, { limitStore: untouched });
    expect(context).toMatchObject({ decision: 'forbidden', reason });
  });

  test.each(['GET /api/nothing', '$default', '', 'constructor', '__proto__', 'toString'])(
    'a call to the route "%s"',
    async (routeKey) => {
      expect(await ask(routeKey, {}, { limitStore: untouched })).toMatchObject({
        decision: 'forbidden',
        reason: 'unknown-route',
        route: '-',
        service: '-',
        cacheControl: 'no-store',
      });
    },
  );

  test("a call from outside the route's addresses, whatever its token", async () => {
    const from = async (address: string) =>
      ask('GET /api/admin', { ...(await bearer()), 'x-gw-viewer-address': address });
    expect(await from('198.51.100.1')).toMatchObject({
      decision: 'forbidden',
      reason: 'address-not-allowed',
    });
    expect(await from('2001:db9::1')).toMatchObject({ decision: 'forbidden' });
    for (const address of ['192.0.2.200', '::ffff:192.0.2.200', '2001:db8::1']) {
      expect(await from(address)).toMatchObject({ decision: 'allow' });
    }
  });

  test.each([
    ['no token', {}, 'no-credential', 'Bearer realm="gatehouse"'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'no-credential', 'Bearer realm="gatehouse"'],
    [
      'an invalid token',
      { authorization: 'Bearer x' },
      'malformed-token',
      'Bearer realm="gatehouse", error="invalid_token", error_description="The token is not accepted."',
    ],
    [
      'a malformed credential',
      { authorization: 'Bearer a b' },
      'malformed-credential',
      'Bearer realm="gatehouse", error="invalid_request", error_description="Send exactly one well-formed credential."',
    ],
    [
      'a token without a known issuer',
      { authorization: 'Bearer e30.e30.AA' },
      'unknown-issuer',
      'Bearer realm="gatehouse", error="invalid_token", error_description="The token is not accepted."',
    ],
  ])('a call with %s', async (_, headers, reason, challenge) => {
    const context = await ask('GET /api/orders', headers, { limitStore: untouched });
    expect(context).toMatchObject({ decision: 'unauthenticated', reason, challenge, userId: '-', plan: '-' });
  });

  test('a call with an expired token, and says so', async () => {
    const context = await ask('GET /api/orders', await bearer({ exp: noon / 1_000 - 1 }), {
      limitStore: untouched,
    });
    expect(context).toMatchObject({
      decision: 'unauthenticated',
      reason: 'token-expired',
      challenge:
        'Bearer realm="gatehouse", error="invalid_token", error_description="The token has expired."',
    });
  });

  test('a token in the query beside the one in the header', async () => {
    const event = {
      ...eventOf('GET /api/orders', await bearer()),
      queryStringParameters: { access_token: 'x' },
    };
    const { context } = await decide(readRequest(event), prepared, ports, now);
    expect(context).toMatchObject({ decision: 'unauthenticated', reason: 'several-tokens' });
  });

  test('a caller without the permission', async () => {
    const headers = await bearer({ permissions: ['users:**', 'orders:write'] });
    expect(await ask('GET /api/orders', headers, { limitStore: untouched })).toMatchObject({
      decision: 'forbidden',
      reason: 'no-permission',
      challenge:
        'Bearer realm="gatehouse", error="insufficient_scope", error_description="The token does not permit this.", scope="orders:read"',
      userId: 'ada',
    });
  });
});
