import * as fc from 'fast-check';
import { isInnerList, parseList } from 'structured-headers';
import { expect, test } from 'vitest';
import { inMemoryClockedLimitStore } from '../../../runtime/limit-store/testing/store-with-test-clock.ts';
import { noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import { preparePolicy } from '../decision/prepared-policy.ts';
import { policy } from '../testing/decision-fixtures.ts';
import { limitFields, unknownLimits } from './limit-fields.ts';
import type { AppliedLimit } from './limits.ts';

const second = 1_000_000;
const at = noon * 1_000;
const least = () => 0;
const most = () => 0.999_999;

const rate = (name: string, part: Partial<AppliedLimit['check']> = {}): AppliedLimit => ({
  name,
  check: {
    kind: 'rate',
    name,
    requests: 60,
    periodSeconds: 60,
    burst: 3,
    cost: 1,
    shadow: false,
    ...part,
  } as AppliedLimit['check'],
});
const quota = (name: string, key: string, perMonth: number, cost: number): AppliedLimit => ({
  name,
  check: { kind: 'quota', name: key, startDay: 1, perMonth, cost, shadow: false },
});
const storeOf = (limits: readonly AppliedLimit[]) => {
  const store = inMemoryClockedLimitStore();
  return (microseconds: number) =>
    store.take({ caller: 'user:ada', checks: limits.map(({ check }) => check) }, microseconds);
};
const december = (Date.UTC(2026, 11, 1) - noon) / 1_000;

test('lists every policy; X-RateLimit is of the rate closest to exhaustion, X-Quota of the month', async () => {
  const limits = [
    rate('user', { burst: 9 }),
    rate('plan', { requests: 6, burst: 2 }),
    quota('month', 'requests', 10, 1),
    quota('month-bytes', 'bytes', 1_000, 0),
  ];
  const { states } = await storeOf(limits)(at);
  expect(limitFields(limits, states, least)).toEqual({
    rateLimitPolicy:
      '"user";q=60;w=60, "plan";q=6;w=60, "month";q=10, "month-bytes";q=1000;qu="content-bytes"',
    rateLimit: `"user";r=8;t=1, "plan";r=1;t=10, "month";r=9;t=${december}, "month-bytes";r=1000;t=${december}`,
    limit: '2',
    remaining: '1',
    reset: '10',
    quotaLimit: '10',
    quotaRemaining: '9',
    quotaReset: `${december}`,
    quotaBytes: '1000',
    retryAfter: '1',
  });
});

test('of two with as little left, uses the one that refused, or that takes longer to refill', async () => {
  const limits = [rate('quick', { burst: 1 }), rate('slow', { requests: 6, burst: 1 })];
  const take = storeOf(limits);
  expect(limitFields(limits, (await take(at)).states, least)).toMatchObject({ remaining: '0', reset: '10' });
  const refusedBySlow = await take(at + 2 * second);
  expect(limitFields(limits, refusedBySlow.states, least)).toMatchObject({
    limit: '1',
    remaining: '0',
    reset: '8',
    retryAfter: '8',
  });
});

test('omits a limit in shadow, and gives a caller without limits the maximum number', async () => {
  const limits = [rate('user', { shadow: true, burst: 1 })];
  const take = storeOf(limits);
  await take(at);
  const { states } = await take(at);
  expect(states).toMatchObject([{ result: 'refused' }]);
  expect(limitFields(limits, states, least)).toEqual({
    rateLimitPolicy: '"unlimited";q=999999999999999',
    rateLimit: '"unlimited";r=999999999999999',
    limit: 'unlimited',
    remaining: 'unlimited',
    reset: 'unlimited',
    quotaLimit: 'unlimited',
    quotaRemaining: 'unlimited',
    quotaReset: 'unlimited',
    quotaBytes: 'unlimited',
    retryAfter: '1',
  });
});

test.each([
  ['a minute', rate('user', { periodSeconds: 60, requests: 6, burst: 1 }), 10, 10],
  ['an hour', rate('user', { periodSeconds: 3_600, requests: 360, burst: 1 }), 10, 46],
  ['a day', rate('user', { periodSeconds: 86_400, requests: 8_640, burst: 1 }), 10, 310],
  ['a month', quota('month', 'requests', 1, 1), december, december + 300],
])(
  'Retry-After of %s has the jitter that its window needs, and is never early',
  async (_, limit, low, high) => {
    const take = storeOf([limit]);
    await take(at);
    const { states } = await take(at);
    expect(Number(limitFields([limit], states, least).retryAfter)).toBe(low);
    expect(Number(limitFields([limit], states, most).retryAfter)).toBe(high);
  },
);

test('Retry-After is of the latest limit that refused, not of one that only has less time', async () => {
  const limits = [rate('user', { burst: 1 }), quota('month', 'requests', 5, 1)];
  const take = storeOf(limits);
  await take(at);
  expect(limitFields(limits, (await take(at)).states, least).retryAfter).toBe('1');
});

const names = (field: string) => parseList(field).map((item) => (isInnerList(item) ? '' : item[0]));
const drawnLimit = fc.record({
  requests: fc.integer({ min: 1, max: 5_000 }),
  periodSeconds: fc.integer({ min: 1, max: 86_400 }),
  burst: fc.integer({ min: 1, max: 20 }),
  shadow: fc.boolean(),
});

test('for any limits: structured fields of the same names, and after Retry-After the call passes, not before t', async () => {
  const law = fc.asyncProperty(
    fc.array(drawnLimit, { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 999_999 }),
    async (drawn, cost, microseconds) => {
      const limits = drawn.map((part, index) =>
        rate(`l${index}`, { ...part, cost: Math.min(cost, part.burst) }),
      );
      fc.pre(limits.some(({ check }) => !check.shadow));
      const take = storeOf(limits);
      const from = at + microseconds;
      let answer = await take(from);
      while (answer.admitted) answer = await take(from);
      const fields = limitFields(limits, answer.states, least);
      const enforced = limits.filter(({ check }) => !check.shadow).map(({ name }) => name);
      expect(names(fields.rateLimit)).toEqual(enforced);
      expect(names(fields.rateLimitPolicy)).toEqual(enforced);
      const refusing = limits.filter(
        ({ check }, index) => !check.shadow && answer.states[index]?.result === 'refused',
      );
      for (const { name } of refusing) {
        const item = parseList(fields.rateLimit).find(([value]) => value === name);
        expect(Number(fields.retryAfter)).toBeGreaterThanOrEqual(Number(item?.[1].get('t')));
      }
      expect(Number(fields.retryAfter)).toBeGreaterThanOrEqual(1);
      expect((await take(from + Number(fields.retryAfter) * second)).admitted).toBe(true);
    },
  );
  await fc.assert(law);
});

test('one more unit is available after the time `t`, and not before', async () => {
  const limits = [rate('user', { requests: 6, burst: 3 })];
  const take = storeOf(limits);
  await take(at);
  const fieldsAt = async (offset: number) =>
    limitFields(limits, (await take(at + offset * second)).states, least);
  expect(await fieldsAt(4)).toMatchObject({ rateLimit: '"user";r=1;t=6', reset: '16' });
  expect(await fieldsAt(10)).toMatchObject({ rateLimit: '"user";r=1;t=10' });
});

test('reports nothing remaining of each applicable limit when the state is unknown', () => {
  const { routes } = preparePolicy({
    ...policy,
    limits: { ...policy.limits, anonymous: { ...policy.limits['anonymous'], shadow: true } as never },
    routes: {
      'GET /two': {
        ...policy.routes['GET /api/profile'],
        limits: ['user', 'anonymous', 'inventory'],
      } as never,
    },
  });
  expect(unknownLimits(routes.get('GET /two'))).toMatchObject({
    rateLimit: '"user";r=0;t=1, "inventory";r=0;t=1',
    rateLimitPolicy: '"user";q=1000;w=60, "inventory";q=100;w=60',
    limit: '50',
  });
  expect(unknownLimits(undefined)).toMatchObject({
    rateLimit: '"gateway";r=0;t=1',
    rateLimitPolicy: '"gateway";q=0',
  });
});
