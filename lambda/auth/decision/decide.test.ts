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

/** Every key of the contract and no other, each a text that a header can carry. */
function expectComplete(context: DecisionContext): void {
  expect(Object.keys(context).sort()).toEqual([...contextKeys].sort());
  for (const value of Object.values(context))
    expect(value).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
  expect(Number(context.retryAfter)).toBeGreaterThanOrEqual(1);
}

/** A store that must not be asked. */
const untouched: LimitStore = {
  take: () => Promise.reject(new Error('A refused call was counted.')),
};
const away: LimitStore = { take: async () => ({ kind: 'failed', reason: 'away' }) };

describe('who is let through', () => {
  test('anybody, where the route is anonymous', async () => {
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
      policyVersion: 'catalogue-0123456789ab+none',
    });
  });

  test('a caller with the permission, and the service learns who it is', async () => {
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
      policyVersion: 'catalogue-0123456789ab+none',
    });
  });

  test('anybody, where a token may be left out; but one that is given must be good', async () => {
    const anonymous = await ask('GET /api/product-details/{id}');
    expect(anonymous).toMatchObject({ decision: 'allow', userId: '-', rateLimit: '"user";r=49;t=1' });
    const known = await ask('GET /api/product-details/{id}', await bearer());
    expect(known).toMatchObject({ decision: 'allow', userId: 'ada' });
    const faulty = await ask('GET /api/product-details/{id}', { authorization: 'Bearer a.b.c' });
    expect(faulty.decision).toBe('unauthenticated');
  });

  test('a token is not looked at on an anonymous route: its answers belong to everybody', async () => {
    for (const headers of [await bearer(), await bearer({ exp: 1 }), { authorization: 'Bearer x' }]) {
      expect(await ask('GET /api/products', headers)).toMatchObject({
        decision: 'allow',
        userId: '-',
        plan: '-',
      });
    }
    expect(issuer.fetches).toBe(0);
  });

  test('a plan that the policy does not know is the default one', async () => {
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

describe('who is refused, in this order, and not counted', () => {
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
      'a token that is none',
      { authorization: 'Bearer x' },
      'malformed-token',
      'Bearer realm="gatehouse", error="invalid_token", error_description="The token is not accepted."',
    ],
    [
      'a credential that is not written as one',
      { authorization: 'Bearer a b' },
      'malformed-credential',
      'Bearer realm="gatehouse", error="invalid_request", error_description="Send exactly one well-formed credential."',
    ],
    [
      'a token of nobody',
      { authorization: 'Bearer e30.e30.AA' },
      'unknown-issuer',
      'Bearer realm="gatehouse", error="invalid_token", error_description="The token is not accepted."',
    ],
  ])('a call with %s', async (_, headers, reason, challenge) => {
    const context = await ask('GET /api/orders', headers, { limitStore: untouched });
    expect(context).toMatchObject({ decision: 'unauthenticated', reason, challenge, userId: '-', plan: '-' });
  });

  test('a call with a token that has expired is told so', async () => {
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

describe('limits', () => {
  test('of an address: the burst, then one per interval, at the time that Retry-After says', async () => {
    for (let i = 9; i >= 0; i -= 1)
      expect(await ask('GET /api/products')).toMatchObject({ remaining: `${i}` });
    const refused = await ask('GET /api/products');
    expect(refused).toMatchObject({
      decision: 'throttled',
      reason: 'rate-used-up',
      rateLimit: '"anonymous";r=0;t=2',
      retryAfter: '2',
      remaining: '0',
      reset: '12',
    });
    expect(await ask('GET /api/products', { 'x-gw-viewer-address': '192.0.2.8' })).toMatchObject({
      decision: 'allow',
    });
    now += Number(refused.retryAfter) * 1_000;
    expect(await ask('GET /api/products')).toMatchObject({ decision: 'allow' });
  });

  test('of an IPv6 address: its whole /56', async () => {
    const from = (address: string) => ask('GET /api/products', { 'x-gw-viewer-address': address });
    for (let i = 0; i < 10; i += 1) await from(`2001:db8:0:100::${i}`);
    expect(await from('2001:db8:0:1ff::1')).toMatchObject({ decision: 'throttled' });
    expect(await from('2001:db8:0:200::1')).toMatchObject({ decision: 'allow' });
  });

  test('of a user: wherever it calls from, and whichever token it sends', async () => {
    const may = { permissions: ['inventory:write'] };
    for (let i = 0; i < 5; i += 1) {
      const headers = { ...(await bearer({ ...may, jti: `${i}` })), 'x-gw-viewer-address': `192.0.2.${i}` };
      expect(await ask('POST /api/inventory', headers)).toMatchObject({ decision: 'allow' });
    }
    expect(await ask('POST /api/inventory', await bearer(may))).toMatchObject({ decision: 'throttled' });
    expect(await ask('POST /api/inventory', await bearer({ ...may, sub: 'bob' }))).toMatchObject({
      decision: 'allow',
    });
    // The limits are apart, the quota is one.
    expect(await ask('GET /api/profile', await bearer(may))).toMatchObject({
      decision: 'allow',
      quotaRemaining: '9994',
    });
  });

  test('of a month: refused until the next one, on every route of the plan', async () => {
    const tiny = await bearer({ plan: 'tiny', exp: noon / 1_000 + 86_400 * 60 });
    await ask('GET /api/profile', tiny);
    await ask('GET /api/orders', tiny);
    const seconds = (Date.UTC(2026, 11, 1) - noon) / 1_000;
    expect(await ask('GET /api/profile', tiny)).toMatchObject({
      decision: 'quota',
      reason: 'quota-used-up',
      quotaLimit: '2',
      quotaRemaining: '0',
      quotaReset: `${seconds}`,
      retryAfter: `${seconds}`,
      remaining: '48',
    });
    now += seconds * 1_000;
    expect(await ask('GET /api/profile', tiny)).toMatchObject({ decision: 'allow', quotaRemaining: '1' });
  });

  test('a call that costs more than its limit is no matter of waiting', async () => {
    expect(await ask('GET /api/export', await bearer())).toMatchObject({
      decision: 'forbidden',
      reason: 'cost-above-limit',
    });
  });
});

describe('what is away', () => {
  test('the store: an open route is served under the local limiter', async () => {
    const headers = await bearer();
    for (let i = 49; i >= 0; i -= 1) {
      expect(await ask('GET /api/profile', headers, { limitStore: away })).toMatchObject({
        decision: 'allow',
        reason: 'ok-by-local-limits',
        remaining: `${i}`,
      });
    }
    expect(await ask('GET /api/profile', headers, { limitStore: away })).toMatchObject({
      decision: 'throttled',
      reason: 'rate-used-up',
    });
  });

  test('the store: a closed route is unavailable, and nothing is to be had', async () => {
    const headers = await bearer({ permissions: ['inventory:*'] });
    expect(await ask('POST /api/inventory', headers, { limitStore: away })).toMatchObject({
      decision: 'unavailable',
      reason: 'limit-store-unavailable',
      userId: 'ada',
      rateLimit: '"inventory";r=0;t=1',
      rateLimitPolicy: '"inventory";q=100;w=60',
      remaining: '0',
      retryAfter: '1',
    });
  });

  test('the issuer: unavailable, not unauthenticated; who was seen before is served', async () => {
    const headers = await bearer();
    issuer.isUnavailable = true;
    expect(await ask('GET /api/orders', headers)).toMatchObject({
      decision: 'unavailable',
      reason: 'issuer-unavailable',
    });
    issuer.isUnavailable = false;
    now += 10_000;
    expect(await ask('GET /api/orders', headers)).toMatchObject({ decision: 'allow' });
    issuer.isUnavailable = true;
    now += 60_000;
    expect(await ask('GET /api/orders', headers)).toMatchObject({ decision: 'allow' });
  });

  test('the origin secret, before it was ever read', async () => {
    const originSecrets = { check: async () => 'unknown' as const };
    expect(await ask('GET /api/products', {}, { originSecrets, limitStore: untouched })).toMatchObject({
      decision: 'unavailable',
      reason: 'origin-secret-unknown',
    });
  });
});
