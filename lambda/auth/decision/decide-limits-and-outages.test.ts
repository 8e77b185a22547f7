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
const unavailable: LimitStore = { take: async () => ({ kind: 'failed', reason: 'unavailable' }) };

describe('limits', () => {
  test('of an address: the burst, then one per interval, at the time in Retry-After', async () => {
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
    // The limits are separate, the quota is shared.
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

  test('a call that costs more than its limit, without a retry time', async () => {
    expect(await ask('GET /api/export', await bearer())).toMatchObject({
      decision: 'forbidden',
      reason: 'cost-above-limit',
    });
  });
});

describe('an unavailable dependency', () => {
  test('the limit store: an open route is served under local limits', async () => {
    const headers = await bearer();
    for (let i = 49; i >= 0; i -= 1) {
      expect(await ask('GET /api/profile', headers, { limitStore: unavailable })).toMatchObject({
        decision: 'allow',
        reason: 'ok-by-local-limits',
        remaining: `${i}`,
      });
    }
    expect(await ask('GET /api/profile', headers, { limitStore: unavailable })).toMatchObject({
      decision: 'throttled',
      reason: 'rate-used-up',
    });
  });

  test('the limit store: a closed route is unavailable, with nothing remaining', async () => {
    const headers = await bearer({ permissions: ['inventory:*'] });
    expect(await ask('POST /api/inventory', headers, { limitStore: unavailable })).toMatchObject({
      decision: 'unavailable',
      reason: 'limit-store-unavailable',
      userId: 'ada',
      rateLimit: '"inventory";r=0;t=1',
      rateLimitPolicy: '"inventory";q=100;w=60',
      remaining: '0',
      retryAfter: '1',
    });
  });

  test('the issuer: unavailable, not unauthenticated; known tokens are served', async () => {
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
