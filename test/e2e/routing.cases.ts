import { describe, expect, test } from 'vitest';
import { sendWithRetry } from './client.ts';
import { anyAddress, type Running, unique } from './running.ts';

/** Routes that rewrite the path, choose a service by query, or change headers. */
export function routingCases(running: () => Running): void {
  const read = (path: string, headers: [string, string][] = []) =>
    sendWithRetry(running().target.url, path, { from: anyAddress(running().target), headers });

  describe('a route that rewrites its path', () => {
    test('sends the rewritten path to the service', async () => {
      const [rewritten, direct] = await Promise.all([
        read(`/api/opinions/aurora-12?${unique()}`),
        read(`/api/products/aurora-12/reviews?${unique()}`),
      ]);
      expect(rewritten.status).toBe(200);
      expect(rewritten.json()).toEqual(direct.json());
    });

    test('routes to another service by a query parameter', async () => {
      const [variant, direct] = await Promise.all([
        read(`/api/opinions/aurora-12?of=shop&${unique()}`),
        read(`/api/products/aurora-12/recommendations?${unique()}`),
      ]);
      expect(variant.status).toBe(200);
      expect(variant.json()).toEqual(direct.json());
    });

    test('refuses an encoded slash, which some servers read as the end of a segment', async () => {
      expect((await read(`/api/opinions/aurora-12%2Freviews?${unique()}`)).status).toBe(400);
    });

    test('refuses a repeated parameter that would select the service', async () => {
      expect((await read(`/api/opinions/aurora-12?of=shop&of=x&${unique()}`)).status).toBe(400);
    });

    test('changes the headers of the response', async () => {
      const answer = await read(`/api/opinions/aurora-12?${unique()}`);
      expect(answer.header('x-robots-tag')).toBe('noindex');
      expect(
        (await read(`/api/products/aurora-12/reviews?${unique()}`)).header('x-robots-tag'),
      ).toBeUndefined();
    });
  });

  describe('a deprecated version', () => {
    test('has Deprecation, Sunset and Link headers', async () => {
      const answer = await read(`/products/aurora-12?${unique()}`, [['x-api-version', '1']]);
      expect(answer.status).toBe(200);
      expect(answer.header('deprecation')).toBe('@1793491200');
      expect(answer.header('sunset')).toBe('Sat, 01 May 2027 00:00:00 GMT');
      expect(answer.header('link')).toBe('<https://developers.store.example/versions>; rel="deprecation"');
    });

    test('has the headers on refusals, too', async () => {
      const refused = await read('/v1/orders/nobody');
      expect(refused.status).toBe(401);
      expect(refused.header('deprecation')).toBe('@1793491200');
    });

    test('does not have them on the current version', async () => {
      const answer = await read(`/products/aurora-12?${unique()}`, [['x-api-version', '2']]);
      expect(answer.header('deprecation')).toBeUndefined();
    });
  });
}
