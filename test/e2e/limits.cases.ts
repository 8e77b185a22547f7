import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Call, retryAfterMs, send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';
import { callUntilRefused, expectThrottled } from './throttling.ts';

/** Rate limits and quotas: how many calls are admitted, and what the refusal contains. */
export function limitCases(running: () => Running): void {
  const get = (path: string, options: Call = {}) => send(running().target.url, path, options);

  describe('the limit of a user', () => {
    test('admits the burst, answers 429 with problem details, and admits again after Retry-After', async () => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['inventory:read'],
      });
      const stock = () => get('/api/inventory/pico-4', { headers: [identity] });
      // The burst is 5, and the bucket refills one call every 0.6 seconds.
      const { admitted, refused } = await callUntilRefused(100, stock);
      expect(admitted.length).toBeGreaterThanOrEqual(5);
      expect(admitted[0]?.header('x-ratelimit-limit')).toBe('5');
      expect(admitted[0]?.header('x-ratelimit-remaining')).toBe('4');
      expect(admitted[0]?.header('ratelimit-policy')).toMatch(/"inventory"/);
      expectThrottled(refused);
      await wait(retryAfterMs(refused));
      expect((await stock()).status).toBe(200);
    });

    test('is separate for each user', async () => {
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
    ])('of %s counts the requests of the current month', async (plan, quota) => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['orders:read'],
        plan,
      });
      const remaining = async () => {
        const answer = await get('/api/orders', { headers: [identity] });
        expect(answer.status).toBe(200);
        expect(answer.header('x-quota-limit')).toBe(quota);
        expect(Number(answer.header('x-quota-reset'))).toBeGreaterThan(0);
        return Number(answer.header('x-quota-remaining'));
      };
      // On a busy machine the limit store may be late, and then the authorizer's process counts the call itself. Two such calls in a row are rare.
      await expect.poll(async () => (await remaining()) - (await remaining()), { timeout: 5_000 }).toBe(1);
      expect(await remaining()).toBeLessThan(Number(quota));
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
    test('counts the source address of the connection, whatever X-Forwarded-For contains', async (context) => {
      const from = anyAddress(running().target);
      const { refused } = await callUntilRefused(200, (index) => {
        const forged = `198.51.100.${index + 1}`;
        const headers = ['X-Forwarded-For', 'X-Real-IP', 'X-GW-Viewer-Address'].map(
          (name) => [name, forged] as const,
        );
        return get(`/api/products?limit=1&${unique()}`, { from, headers });
      });
      expectThrottled(refused);
      const other = anyAddress(running().target);
      if (other === undefined)
        skip(context, 'This machine has only one address, so a second caller cannot be tested.');
      expect((await get(`/api/products?limit=1&${unique()}`, { from: other })).status).toBe(200);
    });
  });
}
