import { describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

/** A service that is down does not affect the others. */
export function resilienceCases(running: () => Running): void {
  describe('a service that is down', () => {
    test('is answered with 503, does not affect other services, and answers again after its start', async (context) => {
      const { local, url } = running().target;
      if (local === undefined) skip(context, 'This test stops services, which needs a local run.');
      const read = async (path: string) =>
        (await send(url, `${path}?${unique()}`, { from: anyAddress(running().target) })).status;
      const reviews = () => read('/api/products/aurora-12/reviews');

      expect(await reviews()).toBe(200);
      await local.stopService('review');
      expect(await reviews()).toBe(503);
      expect(await read('/api/products/aurora-12')).toBe(200);
      const identity = await bearer(running().target, { sub: uniqueUser(), permissions: ['orders:read'] });
      expect((await send(url, '/api/orders', { headers: [identity] })).status).toBe(200);
      await local.startService('review');
      expect(await reviews()).toBe(200);
    });
  });
}
