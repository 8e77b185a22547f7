import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scriptedMemory } from '../shared/store/scripted-clock.ts';
import { readAddress } from './client-address.ts';
import type { LimitPolicy } from './contract.ts';
import { anonymous, readIdentity } from './identity.ts';
import { limitCall, limitFields } from './limits.ts';
import { type PreparedRoute, preparePolicy } from './prepared-policy.ts';
import { noon, policy } from './testing.ts';

const address = readAddress('2001:db8:0:1::7');
const ada = readIdentity('https://id.example.com', { sub: 'ada' });
const plain = preparePolicy(policy).routes.get('GET /api/profile');
if (address === undefined || ada === undefined || plain === undefined)
  throw new Error('The fixture is faulty.');

const routeOf = (limit: Partial<LimitPolicy>, cost = 1): PreparedRoute => ({
  ...plain,
  policy: { ...plain.policy, cost },
  limit: { ...plain.limit, ...limit },
});

test('counts an anonymous caller by its subscriber, and no month', () => {
  const call = limitCall(routeOf({ by: 'address' }), anonymous, address, undefined);
  expect(call.caller).toBe('address:2001:db8:0:0::/56');
  expect(call.checks).toMatchObject([{ kind: 'rate', name: 'user' }]);
});

test('counts a user by address within its own keys, since a cluster keeps those of one call together', () => {
  const call = limitCall(routeOf({ by: 'address' }), ada, address, undefined);
  expect(call.caller).toBe(`user:${ada.account}`);
  expect(call.checks).toMatchObject([{ kind: 'rate', name: 'user:2001:db8:0:0::/56' }]);
});

test("counts a user by its account, and its plan's month at one request a call", () => {
  const plan = { requestsPerMonth: 10, bytesPerMonth: null };
  const call = limitCall(routeOf({ by: 'user' }, 3), ada, address, plan);
  expect(call.caller).toBe(`user:${ada.account}`);
  expect(call.checks).toMatchObject([
    { kind: 'rate', name: 'user', cost: 3 },
    { kind: 'quota', perMonth: 10, cost: 1 },
  ]);
});

test('Retry-After is at least 1, never before the call would pass, and never before the next unit', async () => {
  const limits = fc.record({
    requests: fc.integer({ min: 1, max: 5_000 }),
    periodSeconds: fc.integer({ min: 1, max: 86_400 }),
    burst: fc.integer({ min: 1, max: 20 }),
    cost: fc.integer({ min: 1, max: 3 }),
  });
  const law = fc.asyncProperty(limits, fc.integer({ min: 0, max: 999_999 }), async (drawn, microseconds) => {
    const cost = Math.min(drawn.cost, drawn.burst);
    const route = routeOf({ ...drawn, by: 'user' }, cost);
    const call = limitCall(route, ada, address, undefined);
    const store = scriptedMemory();
    const at = noon * 1_000 + microseconds;
    let answer = await store.take(call, at);
    while (answer.admitted) answer = await store.take(call, at);

    const fields = limitFields(route, undefined, answer);
    const [, remaining = '', next = ''] = /^"user";r=(\d+);t=(\d+)$/.exec(fields.rateLimit) ?? [];
    const retryAfter = Number(fields.retryAfter);
    expect(Number(remaining)).toBeLessThan(cost);
    expect(retryAfter).toBeGreaterThanOrEqual(Math.max(1, Number(next)));
    expect((await store.take({ ...call, checks: call.checks }, at + retryAfter * 1_000_000)).admitted).toBe(
      true,
    );
  });
  await fc.assert(law);
});

test('after the time that `t` says, one more unit is there, and not before', async () => {
  const route = routeOf({ requests: 6, periodSeconds: 60, burst: 3, by: 'user' });
  const call = limitCall(route, ada, address, undefined);
  const store = scriptedMemory();
  const at = noon * 1_000;
  await store.take(call, at);
  const answer = await store.take(call, at + 4_000_000);
  expect(limitFields(route, undefined, answer)).toMatchObject({ rateLimit: '"user";r=1;t=6', reset: '16' });
  const later = await store.take(call, at + 10_000_000);
  expect(limitFields(route, undefined, later)).toMatchObject({ rateLimit: '"user";r=1;t=10' });
});
