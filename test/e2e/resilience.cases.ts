import { describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

/** One service may be gone; the others do not notice. */
export function resilienceCases(running: () => Running): void {
  describe('a service that is down', () => {
    test('answers 503 for itself alone, and is back once it runs again', async (context) => {
      const { local, url } = running().target;
      if (local === undefined) skip(context, 'Services are stopped on a local run only.');
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
