import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { send, sendWithRetry } from './client.ts';
import { anyAddress, type Running, skip, unique } from './running.ts';

/** Anonymous reads: answers, the cache at the edge, versions, and unknown paths. */
export function readingCases(running: () => Running): void {
  const read = (path: string, method = 'GET') =>
    sendWithRetry(running().target.url, path, { method, from: anyAddress(running().target) });

  describe('anonymous reading', () => {
    test('serves the products without a token', async () => {
      const answer = await read(`/api/products?limit=3&${unique()}`);
      expect(answer.status).toBe(200);
      expect(answer.header('content-type')).toBe('application/json');
      expect(answer.json()).toMatchObject({ items: [{ id: expect.any(String) }, {}, {}] });
      expect(answer.header('x-request-id')).toMatch(/./);
    });

    test.each(['recommendations', 'reviews'])(
      "serves a product's %s from a separate service",
      async (part) => {
        const answer = await read(`/api/products/aurora-12/${part}?${unique()}`);
        expect(answer.status).toBe(200);
        expect(answer.json()).toMatchObject({ items: expect.any(Array) });
      },
    );

    test('answers health checks', async () => {
      const answer = await read('/health');
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ status: 'ok' });
    });

    test.each(['/api/nothing', '/', '/api/orders/1/2/3'])(
      'answers 404 with problem details at %s',
      async (path) => {
        const answer = await read(path);
        expect([answer.status, answer.json()]).toEqual([404, refusalResponses['not-found'].body]);
        expect(answer.header('x-request-id')).toMatch(/./);
        expect(answer.header('allow')).toBeUndefined();
      },
    );

    test('answers 405 with the methods of a known path', async () => {
      const answer = await read('/api/orders', 'DELETE');
      expect([answer.status, answer.json()]).toEqual([405, refusalResponses['method-not-allowed'].body]);
      expect(answer.header('allow')).toBe('GET, HEAD, POST');
      expect(answer.header('x-request-id')).toMatch(/./);
    });

    test('removes internal headers', async () => {
      const answer = await read(`/api/products?${unique()}`);
      const internal = Object.values(requestHeaders).filter((name) => name !== requestHeaders.requestId);
      for (const name of internal) expect([name, answer.header(name)]).toEqual([name, undefined]);
      expect(answer.header('x-powered-by')).toBeUndefined();
    });
  });

  describe('the cache at the edge', () => {
    test('answers a second caller from the cache, with Age and without the rate limit headers of the first', async () => {
      const path = `/api/products/fjord-mini?${unique()}`;
      const first = await read(path);
      expect(first.header('age')).toBeUndefined();
      expect(first.header('cache-control')).toContain('public, max-age=60, stale-while-revalidate=300');
      const second = await read(path);
      expect(second.status).toBe(200);
      expect(second.header('age')).toMatch(/^\d+$/);
      expect(second.header('x-cache')).toBe('Hit from cloudfront');
      expect(second.body).toEqual(first.body);
      for (const answer of [first, second]) expect(answer.header('x-ratelimit-remaining')).toBeUndefined();
    });

    test('has a separate entry for each query', async () => {
      const nonce = unique();
      const [one, two] = [
        await read(`/api/products?limit=1&${nonce}`),
        await read(`/api/products?limit=2&${nonce}`),
      ];
      expect((one.json() as { items: unknown[] }).items).toHaveLength(1);
      expect((two.json() as { items: unknown[] }).items).toHaveLength(2);
    });

    test('serves a stale answer at once and revalidates it in the background', async (context) => {
      const { local } = running().target;
      if (local === undefined)
        skip(
          context,
          'An answer is stale after a minute, and only the clock of a local run can be advanced.',
        );
      const path = `/api/products/pico-4?${unique()}`;
      await read(path);
      local.advanceClock(61);
      const stale = await read(path);
      expect(stale.status).toBe(200);
      expect(Number(stale.header('age'))).toBeGreaterThan(60);
      await expect.poll(async () => Number((await read(path)).header('age'))).toBeLessThan(60);
    });

    test('does not store a refusal', async () => {
      const answer = await read('/api/products/no-such-product');
      expect(answer.status).toBe(404);
      expect(answer.header('cache-control')).toBe('no-store');
      expect((await read('/api/products/no-such-product')).header('age')).toBeUndefined();
    });
  });

  describe('HEAD', () => {
    test('has the headers of GET and no body', async () => {
      const nonce = unique();
      const head = await read(`/api/products/basalt-x5?${nonce}`, 'HEAD');
      const get = await read(`/api/products/basalt-x5?${nonce}`);
      expect(head.status).toBe(200);
      expect(head.body).toHaveLength(0);
      for (const name of ['content-type', 'content-length', 'etag', 'cache-control']) {
        expect([name, head.header(name)]).toEqual([name, get.header(name)]);
      }
    });
  });

  describe('versions', () => {
    const version = (value: string | undefined) =>
      sendWithRetry(running().target.url, `/products/aurora-12?${unique()}`, {
        from: anyAddress(running().target),
        headers: value === undefined ? [] : [['X-API-Version', value]],
      });

    test.each(['1', 'v1', '2', 'v2'])('reads X-API-Version: %s as the version of the path', async (value) => {
      const answer = await version(value);
      const number = value.replace('v', '');
      const direct = await read(`/v${number}/products/aurora-12?${unique()}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(direct.body);
    });

    test('serves the highest version if the caller names none', async () => {
      const highest = await read(`/v2/products/aurora-12?${unique()}`);
      expect((await version(undefined)).body).toEqual(highest.body);
    });

    test('refuses an unknown version and names the known ones', async () => {
      const answer = await version('9');
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ status: 400, detail: expect.stringMatching(/1.*2/) });
    });
  });

  describe('a conditional request', () => {
    test('is answered with 304 if the ETag is current', async () => {
      const path = `/api/products/meridian-8?${unique()}`;
      const etag = (await read(path)).header('etag') ?? '';
      const again = await send(running().target.url, path, {
        from: anyAddress(running().target),
        headers: [['If-None-Match', etag]],
      });
      expect(again.status).toBe(304);
      expect(again.body).toHaveLength(0);
    });
  });
}
