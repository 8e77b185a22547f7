import { describe, expect, test } from 'vitest';
import { accessLogFields } from '../../lib/features/public-api/access-log-format.ts';
import { send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

/** The access log has one line per request, with the fields that the template names. */
export function accessLogCases(running: () => Running): void {
  describe('the access log', () => {
    test('has one line per request with caller, route and decision', async (context) => {
      const { local, url } = running().target;
      if (local === undefined)
        skip(context, 'On AWS the lines are in CloudWatch Logs, which this suite cannot read.');
      const line = async (requestId: string | undefined) => {
        const found = local
          .accessLog()
          .map((text) => JSON.parse(text) as Readonly<Record<string, string>>)
          .filter((fields) => fields['requestId'] === requestId);
        expect(found).toHaveLength(1);
        expect(Object.keys(found[0] ?? {}).sort()).toEqual(Object.keys(accessLogFields).sort());
        return found[0];
      };

      const user = uniqueUser();
      const identity = await bearer(running().target, {
        sub: user,
        permissions: ['orders:read'],
        plan: 'pro',
      });
      const allowed = await send(url, '/api/orders?limit=5', { headers: [identity] });
      await expect
        .poll(() => line(allowed.header('x-request-id')))
        .toMatchObject({
          route: 'GET /api/orders',
          method: 'GET',
          path: '/api/orders',
          status: '200',
          decision: 'allow',
          service: 'order',
          userId: user,
          plan: 'pro',
          remaining: '49',
        });

      const refused = await send(url, '/api/orders');
      await expect
        .poll(() => line(refused.header('x-request-id')))
        .toMatchObject({
          status: '401',
          decision: 'unauthenticated',
          userId: '-',
        });

      const from = anyAddress(running().target);
      const anonymous = await send(url, `/api/products?${unique()}`, { from });
      await expect
        .poll(() => line(anonymous.header('x-request-id')))
        .toMatchObject({
          status: '200',
          clientAddress: from ?? '127.0.0.1',
        });
    });
  });
}
