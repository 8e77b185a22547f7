import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Call, retryAfterMs, send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';
import { callUntilRefused, expectThrottled } from './throttling.ts';

/** How much of it a caller may have, and what is said when there is no more. */
export function limitCases(running: () => Running): void {
  const get = (path: string, options: Call = {}) => send(running().target.url, path, options);

  describe('the limit of a user', () => {
    test('admits the burst, answers 429 with what to do, and admits again once Retry-After has passed', async () => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['inventory:read'],
      });
      const stock = () => get('/api/inventory/pico-4', { headers: [identity] });
      // The burst is 5, and one comes back every 0.6 seconds.
      const { admitted, refused } = await callUntilRefused(100, stock);
      expect(admitted.length).toBeGreaterThanOrEqual(5);
      expect(admitted[0]?.header('x-ratelimit-limit')).toBe('5');
      expect(admitted[0]?.header('x-ratelimit-remaining')).toBe('4');
      expect(admitted[0]?.header('ratelimit-policy')).toMatch(/"inventory"/);
      expectThrottled(refused);
      await wait(retryAfterMs(refused));
      expect((await stock()).status).toBe(200);
    });

    test("leaves other users' alone", async () => {
      const identities = await Promise.all(
        [0, 1].map(() => bearer(running().target, { sub: uniqueUser(), permissions: ['inventory:read'] })),
      );
      for (const identity of identities) {
        expect(
          (await get('/api/inventory/pico-4', { headers: [identity] })).header('x-ratelimit-remaining'),
        ).toBe('4');
      }
    });
  });

  describe('the quota of a plan', () => {
    test.each([
      ['free', '10000'],
      ['pro', '1000000'],
    ])('of %s counts the requests of the month', async (plan, quota) => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['orders:read'],
        plan,
      });
      const left = async () => {
        const answer = await get('/api/orders', { headers: [identity] });
        expect(answer.status).toBe(200);
        expect(answer.header('x-quota-limit')).toBe(quota);
        expect(Number(answer.header('x-quota-reset'))).toBeGreaterThan(0);
        return Number(answer.header('x-quota-remaining'));
      };
      // A call whose store was late on a busy machine is counted by its own process; two in a row rarely are.
      await expect.poll(async () => (await left()) - (await left()), { timeout: 5_000 }).toBe(1);
      expect(await left()).toBeLessThan(Number(quota));
    });

    test('is unlimited for enterprise', async () => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['orders:read'],
        plan: 'enterprise',
      });
      const answer = await get('/api/orders', { headers: [identity] });
      expect(answer.header('x-quota-limit')).toBe('unlimited');
    });
  });

  describe('the limit of an address', () => {
    test('counts the real address, whatever X-Forwarded-For says', async (context) => {
      const from = anyAddress(running().target);
      const { refused } = await callUntilRefused(200, (index) => {
        const claimed = `198.51.100.${index + 1}`;
        const headers = ['X-Forwarded-For', 'X-Real-IP', 'X-GW-Viewer-Address'].map(
          (name) => [name, claimed] as const,
        );
        return get(`/api/products?limit=1&${unique()}`, { from, headers });
      });
      expectThrottled(refused);
      const other = anyAddress(running().target);
      if (other === undefined)
        skip(context, 'This machine has one address, so nobody else can be shown to pass.');
      expect((await get(`/api/products?limit=1&${unique()}`, { from: other })).status).toBe(200);
    });
  });
}
