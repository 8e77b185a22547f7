import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

/** What the edge refuses, serves and invalidates without a call to the API. */
export function edgeCases(running: () => Running): void {
  const url = () => running().target.url;
  const reason = ['--local', '--reason', 'a case'];

  describe('the firewall', () => {
    test('refuses addresses on the block list', async (context) => {
      if (running().addresses === undefined)
        skip(context, 'This test calls from a blocked address, which this machine does not have.');
      const refused = await send(url(), '/api/products', { from: '127.66.0.1' });
      expect(refused.status).toBe(403);
      expect(refused.header('x-cache')).toBe('Error from cloudfront');
    });

    test('names the allowed methods when it refuses a method', async () => {
      const refused = await send(url(), '/api/orders', { method: 'PATCH' });
      expect(refused.status).toBe(405);
      expect(refused.header('allow')?.split(', ')).toEqual(expect.arrayContaining(['GET', 'POST', 'DELETE']));
      expect(refused.json()).toMatchObject({ status: 405 });
    });

    test('refuses bodies over the limit of the path, with and without Content-Length', async () => {
      const identity = await bearer(running().target, { sub: uniqueUser(), permissions: ['orders:write'] });
      const body = Buffer.alloc(70_000, 'x');
      const announced = await send(url(), '/api/orders', { method: 'POST', headers: [identity], body });
      expect(announced.status).toBe(413);
      expect(announced.json()).toMatchObject({ status: 413 });
      const chunked = await fetch(`${url()}/api/orders`, {
        method: 'POST',
        headers: Object.fromEntries([identity]),
        body: new ReadableStream({
          start(controller) {
            controller.enqueue(body);
            controller.close();
          },
        }),
        duplex: 'half',
      });
      expect(chunked.status).toBe(413);
    });
  });

  describe("an operator's command", () => {
    const operate = (context: Parameters<typeof skip>[0]) => {
      const local =
        running().target.local ?? skip(context, 'This test runs operator commands, which needs a local run.');
      return (...args: string[]) => local.operate(...args);
    };

    test('blocks an address and unblocks it', async (context) => {
      const ops = operate(context);
      const from =
        anyAddress(running().target) ??
        skip(context, 'This test blocks an address, and this machine has no second one.');
      const ask = async () => (await send(url(), '/api/products', { from })).status;
      expect(await ask()).toBe(200);
      await ops('edge', 'block', from, ...reason);
      expect(await ask()).toBe(403);
      expect((await send(url(), '/api/products', { from: anyAddress(running().target) })).status).toBe(200);
      expect(await ops('edge', 'list', '--local')).toMatch(
        new RegExp(`address +${from} +switched back +a case`),
      );
      await ops('edge', 'unblock', from, ...reason);
      expect(await ask()).toBe(200);
    });

    test('switches off a path or every path, and restores it', async (context) => {
      const ops = operate(context);
      const ask = (path: string) => send(url(), path, { from: anyAddress(running().target) });
      await ops('edge', 'kill', '/api/products', '--retry-after', '5m', ...reason);
      const killed = await ask(`/api/products/pico-4?${unique()}`);
      expect([killed.status, killed.header('retry-after')]).toEqual([503, '300']);
      expect(killed.json()).toMatchObject({ type: 'urn:gatehouse:problem:switched-off', status: 503 });
      expect((await ask('/api/orders')).status).toBe(401);
      await ops('edge', 'kill', '/', ...reason);
      expect((await ask('/api/orders')).status).toBe(503);
      await ops('edge', 'restore', '/', ...reason);
      await ops('edge', 'restore', '/api/products', ...reason);
      expect((await ask(`/api/products?${unique()}`)).status).toBe(200);
    });

    test('invalidates cached answers by path and by tag', async (context) => {
      const ops = operate(context);
      const path = `/api/products?${unique()}`;
      const ask = async () =>
        (await send(url(), path, { from: anyAddress(running().target) })).header('x-cache');
      expect([await ask(), await ask()]).toEqual(['Miss from cloudfront', 'Hit from cloudfront']);
      await ops('edge', 'invalidate', path.replace(/-.*$/, '*'), ...reason);
      expect(await ask()).toBe('Miss from cloudfront');
      await ops('edge', 'invalidate', '--tag', 'product:nothing', ...reason);
      expect(await ask()).toBe('Hit from cloudfront');
      await ops('edge', 'invalidate', '--tag', 'products', ...reason);
      expect(await ask()).toBe('Miss from cloudfront');
    });
  });

  describe('static files', () => {
    test('come from the bucket, compressed and cached, with a content security policy', async (context) => {
      const local =
        running().target.local ?? skip(context, 'This test writes into the bucket of a local run.');
      const page = `<p>${'Hello, shopper. '.repeat(200)}</p>`;
      await local.putFile('assets/about.html', page);
      const read = () =>
        send(url(), '/assets/about.html', {
          headers: [['Accept-Encoding', 'gzip']],
          from: anyAddress(running().target),
        });
      const first = await read();
      expect(first.status).toBe(200);
      expect(first.header('content-type')).toMatch(/^text\/html/);
      expect(first.header('content-encoding')).toBe('gzip');
      expect(first.header('content-security-policy')).toContain("default-src 'self'");
      expect(first.header('permissions-policy')).toContain('camera=()');
      expect(first.header('server')).toBeUndefined();
      await wait(5);
      expect((await read()).header('x-cache')).toBe('Hit from cloudfront');
      const missing = await send(url(), '/assets/nothing.html', { from: anyAddress(running().target) });
      expect(missing.status).toBe(403);
    });

    test('have a content security policy; answers of the API have none', async () => {
      const answer = await send(url(), '/api/products', { from: anyAddress(running().target) });
      expect(answer.header('content-security-policy')).toBeUndefined();
      expect(answer.header('permissions-policy')).toContain('camera=()');
      const internalHeaders = ['server', 'x-powered-by', 'apigw-requestid', 'cache-tag'];
      expect(internalHeaders.filter((name) => answer.header(name) !== undefined)).toEqual([]);
    });
  });
}
