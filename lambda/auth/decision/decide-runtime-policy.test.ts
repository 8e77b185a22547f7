import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeFaults, parseRuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { decide } from './decide.ts';
import { readRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';
import { type PreparedPolicy, preparePolicy } from './prepared-policy.ts';

/** Changes by operators at run time, and their effect on decisions. */

let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});

let now: number;
let ports: Ports;
let prepared: PreparedPolicy;
beforeEach(() => {
  now = noon;
  ports = createPorts(createIssuer(key), () => now);
  prepared = preparePolicy(policy);
});

function operate(part: object): void {
  const parsed = parseRuntimePolicy({ schema: 1, version: 'test', ...part });
  if (parsed.kind === 'invalid') throw new Error(describeFaults(parsed.faults));
  prepared = preparePolicy(policy, parsed.policy);
}

const ask = async (routeKey: string, headers: Record<string, string> = {}, cookies: string[] = []) => {
  const event = { ...eventOf(routeKey, headers), cookies };
  return (await decide(readRequest(event), prepared, ports, now)).context;
};
const bearer = async (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await signToken(key, { exp: noon / 1_000 + 86_400 * 60, ...claims })}`,
});
const rate = { requests: 60, periodSeconds: 60, burst: 2 };
const reason = 'Test';

test('the version names the document in force and the bundle', async () => {
  expect(await ask('GET /api/products')).toMatchObject({ policyVersion: 'catalogue-0123456789ab+none' });
  operate({ version: '2026-11-20.1' });
  expect(await ask('GET /api/products')).toMatchObject({
    policyVersion: 'catalogue-0123456789ab+2026-11-20.1',
  });
});

describe('a plan', () => {
  test('is replaced, and its usage stays', async () => {
    const headers = await bearer({ plan: 'tiny' });
    await ask('GET /api/profile', headers);
    await ask('GET /api/profile', headers);
    expect(await ask('GET /api/profile', headers)).toMatchObject({ decision: 'quota', quotaLimit: '2' });
    operate({ plans: { tiny: { requestsPerMonth: 5, bytesPerMonth: null } } });
    expect(await ask('GET /api/profile', headers)).toMatchObject({
      decision: 'allow',
      quotaLimit: '5',
      quotaRemaining: '2',
    });
    operate({ plans: { tiny: { requestsPerMonth: 3, bytesPerMonth: null } } });
    expect(await ask('GET /api/profile', headers)).toMatchObject({ decision: 'quota', quotaRemaining: '0' });
  });

  test('may be new, and leaves the others as in the catalogue', async () => {
    operate({ plans: { gold: { requestsPerMonth: 7, bytesPerMonth: null } } });
    expect(await ask('GET /api/profile', await bearer({ plan: 'gold' }))).toMatchObject({
      plan: 'gold',
      quotaRemaining: '6',
    });
    expect(await ask('GET /api/profile', await bearer({ sub: 'bob' }))).toMatchObject({
      quotaLimit: '10000',
    });
  });

  test('may have a rate over all routes', async () => {
    operate({ plans: { free: { requestsPerMonth: null, bytesPerMonth: null, rate } } });
    const headers = await bearer();
    await ask('GET /api/profile', headers);
    await ask('GET /api/orders', headers);
    expect(await ask('GET /api/profile', headers)).toMatchObject({ decision: 'throttled', remaining: '0' });
  });
});

describe('a client', () => {
  test('has another plan until the override expires', async () => {
    const headers = await bearer({ plan: 'tiny' });
    operate({ clients: { web: { plan: 'free', expiresAt: '2026-11-21T00:00:00Z', reason } } });
    expect(await ask('GET /api/profile', headers)).toMatchObject({ plan: 'free', quotaLimit: '10000' });
    now = Date.parse('2026-11-21T00:00:00Z');
    expect(await ask('GET /api/profile', headers)).toMatchObject({
      plan: 'tiny',
      quotaLimit: '2',
      quotaRemaining: '0',
    });
  });

  test('keeps its own plan when the override names one that does not exist', async () => {
    operate({ clients: { web: { plan: 'gone', reason } } });
    expect(await ask('GET /api/profile', await bearer({ plan: 'tiny' }))).toMatchObject({ plan: 'tiny' });
  });

  test('has its own rate', async () => {
    operate({ clients: { web: { rate, reason } } });
    const headers = await bearer();
    await ask('GET /api/profile', headers);
    await ask('GET /api/profile', headers);
    expect(await ask('GET /api/profile', headers)).toMatchObject({ decision: 'throttled' });
    expect(await ask('GET /api/profile', await bearer({ sub: 'bob', client_id: 'app' }))).toMatchObject({
      decision: 'allow',
    });
  });

  test('is suspended, and nothing is counted', async () => {
    const headers = await bearer();
    operate({ clients: { web: { suspended: true, reason } } });
    expect(await ask('GET /api/profile', headers)).toMatchObject({
      decision: 'forbidden',
      reason: 'client-suspended',
      clientId: 'web',
      userId: 'ada',
    });
    operate({});
    expect(await ask('GET /api/profile', headers)).toMatchObject({
      decision: 'allow',
      quotaRemaining: '9999',
    });
  });

  test("has requests in addition to its plan until the grant's date", async () => {
    const headers = await bearer({ plan: 'tiny' });
    operate({ grants: [{ clientId: 'web', requests: 3, until: '2026-11-21T00:00:00Z', reason }] });
    expect(await ask('GET /api/profile', headers)).toMatchObject({ quotaLimit: '5', quotaRemaining: '4' });
    now = Date.parse('2026-11-21T00:00:00Z');
    expect(await ask('GET /api/profile', headers)).toMatchObject({ quotaLimit: '2', quotaRemaining: '0' });
  });

  test('gains nothing by a grant when it has no limit', async () => {
    operate({ grants: [{ clientId: 'web', requests: 3, until: '2026-11-21T00:00:00Z', reason }] });
    expect(await ask('GET /api/profile', await bearer({ plan: 'enterprise' }))).toMatchObject({
      quotaLimit: 'unlimited',
    });
  });
});

describe('a cohort', () => {
  const rule = { percent: 0, salt: 'a', users: ['ada'], header: 'x-try', cookie: 'try' };

  test('of one service leaves the others alone, and is not set for a refused caller', async () => {
    operate({ cohorts: { user: rule } });
    expect(await ask('GET /api/profile', await bearer())).toMatchObject({ cohort: 'canary' });
    expect(await ask('GET /api/profile', await bearer({ sub: 'bob' }))).toMatchObject({ cohort: 'stable' });
    expect(await ask('GET /api/orders', await bearer())).toMatchObject({ cohort: 'stable' });
    expect(await ask('GET /api/profile')).toMatchObject({ decision: 'unauthenticated', cohort: 'stable' });
  });

  test('is chosen by the header or the cookie that the document names', async () => {
    operate({ cohorts: { product: rule } });
    expect(await ask('GET /api/products')).toMatchObject({ cohort: 'stable' });
    expect(await ask('GET /api/products', { 'x-try': 'canary' })).toMatchObject({ cohort: 'canary' });
    expect(await ask('GET /api/products', {}, ['a=b', 'try=canary'])).toMatchObject({ cohort: 'canary' });
    expect(await ask('GET /api/products', { 'x-other': 'canary' }, ['other=canary'])).toMatchObject({
      cohort: 'stable',
    });
  });

  test('of anonymous callers is by address, of users by identity', async () => {
    operate({ cohorts: { product: { percent: 50, salt: 'a' }, user: { percent: 50, salt: 'a' } } });
    const from = (address: string) => ({ 'x-gw-viewer-address': address });
    const byAddress = new Set<string>();
    const byUser = new Set<string>();
    const headers = await bearer();
    for (let i = 0; i < 40; i += 1) {
      byAddress.add((await ask('GET /api/products', from(`192.0.2.${i}`))).cohort);
      byUser.add((await ask('GET /api/profile', { ...headers, ...from(`192.0.2.${i}`) })).cohort);
    }
    expect([...byAddress].sort()).toEqual(['canary', 'stable']);
    expect(byUser.size).toBe(1);
  });
});

describe('an address', () => {
  const from = (address: string) => ({ 'x-gw-viewer-address': address });

  test('is blocked before the credential is checked', async () => {
    operate({ addresses: { block: ['198.51.100.0/24', '2001:db8:bad::/48'] } });
    for (const address of ['198.51.100.9', '::ffff:198.51.100.9', '2001:db8:bad::1']) {
      expect(await ask('GET /api/products', from(address))).toMatchObject({
        decision: 'forbidden',
        reason: 'address-blocked',
      });
    }
    expect(await ask('GET /api/products', from('198.51.101.9'))).toMatchObject({ decision: 'allow' });
  });

  test('of the allow list passes the block list, and no other check', async () => {
    operate({ addresses: { block: ['198.51.100.0/24'], allow: ['198.51.100.7/32'] } });
    expect(await ask('GET /api/products', from('198.51.100.7'))).toMatchObject({ decision: 'allow' });
    expect(await ask('GET /api/admin', { ...(await bearer()), ...from('198.51.100.7') })).toMatchObject({
      reason: 'address-not-allowed',
    });
    expect(await ask('GET /api/profile', from('198.51.100.7'))).toMatchObject({
      decision: 'unauthenticated',
    });
  });
});

describe('unavailable by a switch', () => {
  test('everything during maintenance, with its retry time', async () => {
    operate({ maintenance: { retryAfterSeconds: 900, reason } });
    for (const route of Object.keys(policy.routes).filter((route) => route !== 'GET /api/admin')) {
      expect(await ask(route)).toMatchObject({
        decision: 'maintenance',
        reason: 'maintenance',
        retryAfter: '900',
      });
    }
  });

  test('a route that is switched off, and no other', async () => {
    operate({
      routes: {
        'GET /api/products': { enabled: false, reason },
        'GET /api/orders': { enabled: true, reason },
        'GET /api/unknown': { enabled: false, reason },
      },
    });
    expect(await ask('GET /api/products')).toMatchObject({
      decision: 'disabled',
      reason: 'route-disabled',
      retryAfter: '60',
    });
    expect(await ask('GET /api/orders', await bearer())).toMatchObject({ decision: 'allow' });
  });

  test('the HEAD of a route whose GET is off, unless it is switched separately', () => {
    const bundle = { ...policy, routes: { ...policy.routes } };
    const products = policy.routes['GET /api/products'];
    if (products === undefined) throw new Error('The test needs the route.');
    bundle.routes['HEAD /api/products'] = products;
    const off = { enabled: false, reason };
    const isOff = (routes: object) => {
      const parsed = parseRuntimePolicy({ schema: 1, version: 'a', routes });
      if (parsed.kind === 'invalid') throw new Error(describeFaults(parsed.faults));
      return preparePolicy(bundle, parsed.policy).routes.get('HEAD /api/products')?.isOff;
    };
    expect(isOff({})).toBe(false);
    expect(isOff({ 'GET /api/products': off })).toBe(true);
    expect(isOff({ 'GET /api/products': off, 'HEAD /api/products': { enabled: true, reason } })).toBe(false);
  });
});

test('a limit in shadow refuses nobody', async () => {
  operate({ shadow: ['anonymous'] });
  for (let i = 0; i < 30; i += 1) expect(await ask('GET /api/products')).toMatchObject({ decision: 'allow' });
  operate({});
  expect(await ask('GET /api/products')).toMatchObject({ decision: 'throttled' });
});
