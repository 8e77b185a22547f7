import { afterEach, describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { inForceWithinMs, policyFile } from './policy-file.ts';
import { bearer, type Running, skip, uniqueUser } from './running.ts';

/** Routing to a service's canary deployment. The tests stop one deployment to find out which of the two served a call. */
export function cohortCases(running: () => Running): void {
  describe('the canary deployment of a service', () => {
    const file = policyFile(running);
    const control = (context: Parameters<typeof skip>[0]) => {
      const { local } = running().target;
      if (local === undefined) skip(context, 'This test stops services, which needs a local run.');
      return local;
    };
    afterEach(async () => {
      const { local } = running().target;
      await local?.startService('order');
      await local?.startService('order-canary');
      if (file.exists()) await file.operate({});
    });
    const caller = () =>
      bearer(running().target, { sub: uniqueUser(), clientId: 'web', permissions: ['orders:read'] });
    const orders = async (
      identity: readonly [string, string],
      headers: readonly (readonly [string, string])[] = [],
    ) => (await send(running().target.url, '/api/orders', { headers: [identity, ...headers] })).status;

    test('serves callers of the cohort and no other callers', async (context) => {
      const local = control(context);
      const [chosen, ordinary] = [await caller(), await caller()];
      const asCanary = [['x-try', 'canary']] as const;
      await file.operate({ cohorts: { order: { percent: 0, salt: 'e2e', header: 'x-try' } } });
      expect([await orders(chosen, asCanary), await orders(ordinary)]).toEqual([200, 200]);

      await local.stopService('order');
      expect([await orders(chosen, asCanary), await orders(ordinary)]).toEqual([200, 503]);
      await local.startService('order');
      await local.stopService('order-canary');
      expect([await orders(chosen, asCanary), await orders(ordinary)]).toEqual([503, 200]);
      // A caller that no rule selects cannot choose the canary, not even by the header that the load balancer reads.
      expect(await orders(ordinary, [['x-gw-cohort', 'canary']])).toBe(200);
    });

    test('serves a percentage of the callers, and none once the percentage is 0', async (context) => {
      const local = control(context);
      const callers = await Promise.all(Array.from({ length: 12 }, caller));
      const statuses = async () => new Set(await Promise.all(callers.map((identity) => orders(identity))));
      // Each process of the authorizer polls the policy separately.
      const expectStatuses = (expected: number[]) =>
        expect.poll(statuses, { timeout: inForceWithinMs }).toEqual(new Set(expected));
      await file.operate({ cohorts: { order: { percent: 100, salt: 'e2e' } } });
      await local.stopService('order-canary');
      await expectStatuses([503]);
      await file.operate({ cohorts: { order: { percent: 50, salt: 'e2e' } } });
      await expectStatuses([200, 503]);
      await file.operate({ cohorts: { order: { percent: 0, salt: 'e2e' } } });
      await expectStatuses([200]);
    });
  });
}
