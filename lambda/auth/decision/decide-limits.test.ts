import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from '../../../runtime/limit-store/in-memory-entries.ts';
import type { LimitStore } from '../../../runtime/limit-store/limit-store.ts';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import type { LimitPolicy, Policy } from '../contract.ts';
import { createUsageRebuild } from '../limits/quota-recovery.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { decide } from './decide.ts';
import { readRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';
import { type PreparedPolicy, preparePolicy } from './prepared-policy.ts';

const hourly = (part: Partial<LimitPolicy>): LimitPolicy => ({
  by: 'user',
  requests: 1,
  periodSeconds: 3_600,
  burst: 3,
  shadow: false,
  ...part,
});
const profile = policy.routes['GET /api/profile'];
if (profile === undefined) throw new Error('The fixture is faulty.');
const several: Policy = {
  ...policy,
  expectedInstances: 2,
  limits: {
    ...policy.limits,
    wide: hourly({ burst: 8 }),
    narrow: hourly({ by: 'address', burst: 3 }),
    watched: hourly({ burst: 1, shadow: true }),
    application: hourly({ by: 'client', burst: 2 }),
  },
  plans: {
    ...policy.plans,
    rated: {
      requestsPerMonth: null,
      bytesPerMonth: null,
      rate: { requests: 1, periodSeconds: 3_600, burst: 2 },
    },
    small: { requestsPerMonth: 5, bytesPerMonth: 100 },
  },
  routes: {
    'GET /several': { ...profile, limits: ['wide', 'narrow', 'watched'] },
    'GET /application': { ...profile, limits: ['wide', 'application'] },
    'GET /plan': { ...profile, limits: ['user'] },
    'GET /other': { ...profile, limits: ['wide'] },
  },
};

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
  prepared = preparePolicy(several);
});

interface Asked {
  readonly claims?: Record<string, unknown>;
  readonly from?: string;
  readonly part?: Partial<Ports>;
}
const decisionOn = async (routeKey: string, { claims = {}, from = '192.0.2.7', part = {} }: Asked = {}) => {
  const headers = {
    authorization: `Bearer ${await signToken(key, { plan: 'enterprise', ...claims })}`,
    'x-gw-viewer-address': from,
  };
  return decide(readRequest(eventOf(routeKey, headers)), prepared, { ...ports, ...part }, now);
};
const ask = async (routeKey: string, asked: Asked = {}) => (await decisionOn(routeKey, asked)).context;
const unavailable: LimitStore = {
  take: async () => ({ kind: 'failed', reason: 'unavailable', timedOut: true }),
};

describe('several limits of a call', () => {
  test('all must have room, or none is counted', async () => {
    for (let i = 0; i < 3; i += 1) expect(await ask('GET /several')).toMatchObject({ decision: 'allow' });
    for (let i = 0; i < 5; i += 1) {
      expect(await ask('GET /several')).toMatchObject({
        decision: 'throttled',
        rateLimit: '"wide";r=5;t=3600, "narrow";r=0;t=3600',
        rateLimitPolicy: '"wide";q=1;w=3600, "narrow";q=1;w=3600',
        limit: '3',
        remaining: '0',
        retryAfter: '3600',
      });
    }
    expect(await ask('GET /several', { from: '198.51.100.1' })).toMatchObject({
      decision: 'allow',
      rateLimit: '"wide";r=4;t=3600, "narrow";r=2;t=3600',
    });
  });

  test('take one round trip', async () => {
    let calls = 0;
    const store: LimitStore = {
      take: (call) => {
        calls += 1;
        return ports.limitStore.take(call);
      },
    };
    await ask('GET /several', { claims: { plan: 'small' }, part: { limitStore: store } });
    expect(calls).toBe(1);
  });

  test('one in shadow is counted, and reported only in metrics', async () => {
    const [first, second] = [await decisionOn('GET /several'), await decisionOn('GET /several')];
    expect(first.telemetry.limits).toEqual({});
    expect(second.context.decision).toBe('allow');
    expect(second.context.rateLimit).not.toContain('watched');
    expect(second.telemetry.limits).toEqual({ overInShadow: 'watched' });
  });

  test('one that operators have put into shadow admits everybody, and still counts', async () => {
    prepared = { ...prepared, shadow: new Set(['narrow']) };
    for (let i = 0; i < 6; i += 1) expect(await ask('GET /several')).toMatchObject({ decision: 'allow' });
    prepared = { ...prepared, shadow: new Set() };
    expect(await ask('GET /several')).toMatchObject({ decision: 'throttled' });
  });

  test("by client, a token's user counts within its application, and each limit of others separately", async () => {
    const from = (client: string) => ask('GET /application', { claims: { client_id: client } });
    expect([await from('web'), await from('web'), await from('web'), await from('app')]).toMatchObject([
      { decision: 'allow' },
      { decision: 'allow' },
      { decision: 'throttled' },
      { decision: 'allow' },
    ]);
    expect(await ask('GET /other')).toMatchObject({ rateLimit: '"wide";r=4;t=3600' });
  });
});

describe("a plan's limits", () => {
  test('its rate covers all routes', async () => {
    const rated = { claims: { plan: 'rated' } };
    expect(await ask('GET /plan', rated)).toMatchObject({
      decision: 'allow',
      rateLimit: '"user";r=49;t=1, "plan";r=1;t=3600',
      limit: '2',
      remaining: '1',
    });
    expect(await ask('GET /other', rated)).toMatchObject({ decision: 'allow' });
    expect(await ask('GET /plan', rated)).toMatchObject({
      decision: 'throttled',
      limit: '2',
      remaining: '0',
    });
  });

  test('bytes are charged afterwards, and refuse until the month ends once they are exceeded', async () => {
    const small = { claims: { plan: 'small' } };
    const { context } = await decisionOn('GET /plan', small);
    const december = (Date.UTC(2026, 11, 1) - noon) / 1_000;
    expect(context.rateLimitPolicy).toBe(
      '"user";q=1000;w=60, "month";q=5, "month-bytes";q=100;qu="content-bytes"',
    );
    const ends = { monthEndSeconds: Date.UTC(2026, 11, 1) / 1_000 };
    const charge = { kind: 'charge', name: 'bytes', startDay: 1, ...ends } as const;
    await ports.limitStore.take({ caller: context.caller, checks: [{ ...charge, amount: 99 }] });
    expect(await ask('GET /plan', small)).toMatchObject({ decision: 'allow' });
    await ports.limitStore.take({ caller: context.caller, checks: [{ ...charge, amount: 5_000 }] });
    const refused = await decisionOn('GET /plan', small);
    expect(refused.context).toMatchObject({
      decision: 'quota',
      reason: 'quota-used-up',
      quotaRemaining: '3',
      retryAfter: `${december}`,
    });
    expect(refused.context.rateLimit).toContain(`"month-bytes";r=0;t=${december}`);
    expect(refused.telemetry.limits?.closest).toEqual({ name: 'month-bytes', isOver: true });
  });

  test('rebuilds from the table what the limit store has lost, and serves the call that detects it', async () => {
    const usage = createUsageRebuild({
      table: { read: async () => ({ requests: 5 }) },
      limitStore: ports.limitStore,
      now: () => now,
      budgetMilliseconds: 10_000,
      onFailure: () => undefined,
    });
    const small = { claims: { plan: 'small' }, part: { usage } };
    const first = await decisionOn('GET /plan', small);
    expect(first.context.decision).toBe('allow');
    expect(first.telemetry.rebuild).toBe('rebuilt');
    expect(await ask('GET /plan', small)).toMatchObject({ decision: 'quota' });
  });
});

describe('while the limit store is unavailable', () => {
  test('each instance grants its share of a rate, and the whole of a month', async () => {
    const local = { claims: { plan: 'small' }, part: { limitStore: unavailable } };
    const first = await decisionOn('GET /other', local);
    expect(first.context).toMatchObject({
      decision: 'allow',
      reason: 'ok-by-local-limits',
      limit: '4',
      remaining: '3',
      quotaLimit: '5',
      quotaRemaining: '4',
    });
    expect(first.telemetry.limitStoreFailure).toEqual({
      kind: 'failed',
      reason: 'unavailable',
      timedOut: true,
    });
    for (let i = 0; i < 3; i += 1) await ask('GET /other', local);
    expect(await ask('GET /other', local)).toMatchObject({ decision: 'throttled', reason: 'rate-used-up' });
  });

  test('local counts do not count in the limit store, which is full when it recovers', async () => {
    const local: Partial<Ports> = {
      limitStore: unavailable,
      localLimitStore: createInMemoryLimitStore(() => now, new MemoryEntries(10)),
    };
    for (let i = 0; i < 4; i += 1) await ask('GET /other', { part: local });
    expect(await ask('GET /other')).toMatchObject({ decision: 'allow', reason: 'ok', remaining: '7' });
  });
});
