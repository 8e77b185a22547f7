import { createServer, type RequestListener, type Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import { completed, pageOf } from './aggregated-page.ts';
import { send } from './client.ts';
import { anyAddress, type Running, skip } from './running.ts';
import type { LocalControl } from './target.ts';

/** Compositions while some of their services fail. */
export function aggregationFailureCases(running: () => Running): void {
  const details = (id: string, query = '') =>
    send(running().target.url, `/api/product-details/${id}${query}`, { from: anyAddress(running().target) });

  describe('a product page while services fail', () => {
    const locally = (context: Parameters<typeof skip>[0]): LocalControl => {
      const { local } = running().target;
      return local ?? skip(context, 'This test stops services, which needs a local run.');
    };

    test('falls back to popular products while the recommender is down', async (context) => {
      const local = locally(context);
      await local.stopService('recommendation');
      const answer = await details('fjord-mini');
      await local.startService('recommendation');
      expect(answer.status).toBe(200);
      expect(completed(answer)).toBe('false');
      expect(answer.header('cache-control')).toContain('no-store');
      expect(pageOf(answer)).toMatchObject({
        product: { id: 'fjord-mini' },
        recommendations: { items: [{ reason: 'popular' }, {}, {}] },
        meta: { complete: false, parts: { recommendations: { status: 'fallback', source: 'static' } } },
      });
    });

    test('falls back to cached reviews while the review service is down', async (context) => {
      const local = locally(context);
      await details('pico-4a');
      await local.stopService('review');
      const kept = pageOf(await details('pico-4a'));
      const none = pageOf(await details('origami-flip-3'));
      await local.startService('review');
      expect(kept).toMatchObject({
        reviews: { items: [{ id: 'review-11' }] },
        meta: { parts: { reviews: { source: 'cache' } } },
      });
      expect(none).toMatchObject({ reviews: null, meta: { parts: { reviews: { status: 'failed' } } } });
    });

    test('is a 502 that names the part while the product service is down', async (context) => {
      const local = locally(context);
      await local.stopService('product');
      const answer = await details('basalt-x5');
      await local.startService('product');
      expect(answer.status).toBe(502);
      expect(answer.header('content-type')).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 502, part: 'product' });
      expect((await details('basalt-x5')).status).toBe(200);
    });

    test.each<[string, string, RequestListener, string]>([
      ['is slow', 'FR', () => undefined, 'timeout'],
      ['answers with invalid JSON', 'ES', (_request, response) => response.end('<html>'), 'not-json'],
      ['never ends its response', 'IT', (_request, response) => void response.write('{"rates":'), 'timeout'],
      [
        'answers with an oversized body',
        'PL',
        (_request, response) => response.end(JSON.stringify('x'.repeat(1_000_000))),
        'too-large',
      ],
      ['closes the connection', 'SE', (request) => request.socket.destroy(), 'connection'],
    ])('has no shipping part while the carrier %s', async (_, country, behave, reason) => {
      const { local } = running().target;
      if (local === undefined) return;
      await local.stopService('carrier');
      const standIn = await listenAt(local.externalUrl('carrier'), behave);
      const answer = await details('meridian-8-lite', `?country=${country}`);
      await close(standIn);
      await local.startService('carrier');
      expect(answer.status).toBe(200);
      expect(pageOf(answer)).toMatchObject({
        product: { id: 'meridian-8-lite' },
        shipping: null,
        meta: { complete: false, parts: { shipping: { status: 'failed', reason } } },
      });
    });

    /** A carrier that answers every call with `status`; `received.calls` counts the calls that reach it. */
    const carrierOf = async (local: LocalControl, status: number) => {
      const received = { calls: 0 };
      await local.stopService('carrier');
      const server = await listenAt(local.externalUrl('carrier'), (_request, response) => {
        received.calls += 1;
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"options":[]}');
      });
      const restore = async () => {
        await close(server);
        await local.startService('carrier');
      };
      return { received, restore };
    };
    const shipping = async () =>
      pageOf(await details('meridian-8-lite', '?country=NO')).meta.parts['shipping'];

    test('opens the breaker of a carrier that fails repeatedly', async (context) => {
      const { received, restore } = await carrierOf(locally(context), 503);
      try {
        await expect
          .poll(shipping, { timeout: 20_000, interval: 10 })
          .toMatchObject({ reason: 'breaker-open' });
        const before = received.calls;
        expect(await shipping()).toMatchObject({ status: 'failed', reason: 'breaker-open' });
        expect(received.calls).toBe(before);
      } finally {
        await restore();
      }
    });

    test('closes the breaker once a few trial calls succeed', async (context) => {
      const local = locally(context);
      if (process.env['E2E_PATIENT'] === undefined) {
        skip(
          context,
          'A breaker stays open for 30 seconds. Set E2E_PATIENT=1 to wait for it, as .ci/run does.',
        );
      }
      const { restore } = await carrierOf(local, 200);
      try {
        await expect.poll(shipping, { timeout: 60_000, interval: 500 }).toMatchObject({ status: 'ok' });
        for (let i = 0; i < 10; i += 1) expect(await shipping()).toMatchObject({ status: 'ok' });
      } finally {
        await restore();
      }
    }, 120_000);
  });
}

async function listenAt(url: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  const { port, hostname } = new URL(url);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(Number(port), hostname, done);
  });
  return server;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
