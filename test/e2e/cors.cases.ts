import { describe, expect, test } from 'vitest';
import { apiRouteKeys, loadConfiguration } from '../../lib/config/index.ts';
import { type Answer, type Call, send } from './client.ts';
import { anyAddress, type Running, skip } from './running.ts';

/** What pages of an allowed origin can read, for answers of every layer. */
export function corsCases(running: () => Running): void {
  const { catalogue, environment } = loadConfiguration('local');
  const [origin = ''] = environment.corsOrigins;

  describe('a page of an allowed origin', () => {
    const ask = async (path: string, call: Call = {}): Promise<Answer> =>
      send(running().target.url, path, {
        ...call,
        from: anyAddress(running().target),
        headers: [['Origin', origin], ...(call.headers ?? [])],
      });
    const canRead = (what: string, answer: Answer) => {
      expect([what, answer.header('access-control-allow-origin')]).toEqual([
        what,
        expect.stringMatching(/^(\*|http:\/\/localhost:3000)$/),
      ]);
      const exposed = answer.header('access-control-expose-headers')?.toLowerCase() ?? '';
      for (const name of ['retry-after', 'allow', 'etag', 'location']) {
        if (answer.header(name) !== undefined)
          expect([what, exposed]).toEqual([what, expect.stringContaining(name)]);
      }
    };

    test('reads the answer of every route, which varies by origin', async (context) => {
      if (running().target.local === undefined)
        skip(context, 'The allowed origins of this gateway are unknown.');
      for (const [key, route] of Object.entries(catalogue.routes)) {
        for (const apiKey of apiRouteKeys(key, route)) {
          const [method = '', template = ''] = apiKey.split(' ');
          const answer = await ask(template.replaceAll(/\{[^}]*\}/g, 'aurora-12'), { method });
          canRead(apiKey, answer);
          expect([apiKey, answer.status < 500]).toEqual([apiKey, true]);
          expect([apiKey, answer.header('vary')]).toEqual([apiKey, expect.stringContaining('Origin')]);
        }
      }
    });

    test('reads every refusal of the edge and the firewall', async (context) => {
      if (running().target.local === undefined)
        skip(context, 'The allowed origins of this gateway are unknown.');
      for (const [status, path, call] of [
        [400, '/products/aurora-12', { headers: [['X-API-Version', '9']] }],
        [405, '/api/orders', { method: 'PATCH' }],
        [413, '/api/orders', { method: 'POST', body: Buffer.alloc(70_000, 'x') }],
        [404, '/api/nothing', {}],
      ] as const satisfies [number, string, Call][]) {
        const answer = await ask(path, call);
        expect([path, answer.status]).toEqual([path, status]);
        canRead(`${status} of ${path}`, answer);
        expect([path, answer.header('cache-control')]).toEqual([path, 'no-store']);
      }
    });

    test('has cache entries separate from other origins, with and without a version', async () => {
      const first = await send(running().target.url, '/products/aurora-12', {
        from: anyAddress(running().target),
        headers: [['X-API-Version', '1']],
      });
      expect(first.status).toBe(200);
      expect(first.header('vary')).toMatch(/Origin, X-API-Version/);
    });

    test('gets the version that its header names from the cache', async (context) => {
      if (running().target.local === undefined) skip(context, 'Another caller may have filled the cache.');
      const path = '/products/pico-4?of=the-cache';
      const version = async (value: string) => {
        const answer = await ask(path, { headers: [['X-API-Version', value]] });
        return [answer.header('x-cache'), answer.header('deprecation') !== undefined];
      };
      expect(await version('1')).toEqual(['Miss from cloudfront', true]);
      expect(await version('2')).toEqual(['Miss from cloudfront', false]);
      expect(await version('1')).toEqual(['Hit from cloudfront', true]);
      expect(await version('2')).toEqual(['Hit from cloudfront', false]);
    });
  });
}
