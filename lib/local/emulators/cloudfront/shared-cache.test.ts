import type { ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { sampleDistribution } from './testing/literal-distribution.ts';
import { startEdge, stopEdges } from './testing/start-edge.ts';

afterEach(stopEdges);

const kept = (
  response: ServerResponse,
  text: string,
  cacheControl = 'public, max-age=60, stale-while-revalidate=300, stale-if-error=3600',
) => response.setHeader('cache-control', cacheControl).setHeader('etag', `"${text}"`).end(text);

describe('cache', () => {
  test('caches a public response for its lifetime, with Age, also for HEAD', async () => {
    const { get, clock, origin } = await startEdge((response) => kept(response, 'a'));
    expect(await get('/shop/1?x=1')).toMatchObject({
      status: 200,
      cache: 'Miss from cloudfront',
      age: undefined,
    });
    clock.ms += 59_000;
    expect(await get('/shop/1?x=1')).toMatchObject({
      cache: 'Hit from cloudfront',
      age: '59',
      body: Buffer.from('a'),
    });
    const head = await get('/shop/1?x=1', {}, 'HEAD');
    expect([head.cache, head.headers['content-length'], head.body.length]).toEqual([
      'Hit from cloudfront',
      '1',
      0,
    ]);
    await get('/shop/1?x=2');
    await get('/shop/1?x=1', { origin: 'https://a.example' });
    expect(origin.received).toHaveLength(3);
  });

  test('does not cache private responses, other methods, or anything when caching is off', async () => {
    const { get, origin } = await startEdge((response, { url }) =>
      kept(response, 'a', url === '/shop/private' ? 'private, no-store' : 'public, max-age=60'),
    );
    for (const [path, method] of [
      ['/shop/private', 'GET'],
      ['/shop/1', 'POST'],
      ['/other', 'GET'],
    ] as const) {
      await get(path, {}, method);
      expect((await get(path, {}, method)).cache).not.toBe('Hit from cloudfront');
    }
    expect(origin.received).toHaveLength(6);
  });

  test('serves a stale response at once and revalidates once in the background', async () => {
    const answers: (() => void)[] = [];
    const { get, clock, origin } = await startEdge((response, _, count) => {
      if (count === 1) kept(response, 'old');
      else answers.push(() => kept(response, 'new'));
    });
    await get('/shop/1');
    clock.ms += 61_000;
    const stale = await Promise.all([get('/shop/1'), get('/shop/1')]);
    expect(stale.map(({ body, age }) => [String(body), age])).toEqual([
      ['old', '61'],
      ['old', '61'],
    ]);
    await expect.poll(() => answers.length).toBe(1);
    for (const answer of answers.splice(0)) answer();
    await expect.poll(async () => String((await get('/shop/1')).body)).toBe('new');
    expect(origin.received).toHaveLength(2);
  });

  test('revalidates with the ETag and renews the response on 304', async () => {
    const { get, clock, origin } = await startEdge((response, { headers }) => {
      if (headers['if-none-match']?.includes('"a"') === true) {
        response.writeHead(304, { 'cache-control': 'public, max-age=60' }).end();
      } else kept(response, 'a', 'public, max-age=60');
    });
    await get('/shop/1');
    clock.ms += 61_000;
    expect(await get('/shop/1')).toMatchObject({
      status: 200,
      cache: 'RefreshHit from cloudfront',
      body: Buffer.from('a'),
    });
    clock.ms += 59_000;
    expect((await get('/shop/1')).cache).toBe('Hit from cloudfront');
    expect(origin.received).toHaveLength(2);
  });

  test('returns 304 to a viewer that has the response', async () => {
    const { get } = await startEdge((response) => kept(response, 'a'));
    for (const cache of ['Miss from cloudfront', 'Hit from cloudfront']) {
      expect(await get('/shop/1', { 'if-none-match': '"a"' })).toMatchObject({
        status: 304,
        cache,
        body: Buffer.alloc(0),
      });
    }
  });

  test('serves a stale response for a failing origin until stale-if-error ends', async () => {
    const { get, clock } = await startEdge((response, _, count) => {
      if (count === 1) kept(response, 'a', 'public, max-age=60, stale-if-error=600');
      else response.writeHead(503).end('down');
    });
    await get('/shop/1');
    clock.ms += 600_000;
    expect(await get('/shop/1')).toMatchObject({ status: 200, body: Buffer.from('a') });
    clock.ms += 61_000;
    expect(await get('/shop/1')).toMatchObject({ status: 503, cache: 'Error from cloudfront' });
  });

  test('keeps the response when the background revalidation fails', async () => {
    const { get, clock, origin } = await startEdge((response, _, count) => {
      if (count === 1) kept(response, 'a');
      else response.writeHead(500).end();
    });
    await get('/shop/1');
    clock.ms += 61_000;
    await get('/shop/1');
    await expect.poll(() => origin.received.length).toBe(2);
    expect((await get('/shop/1')).status).toBe(200);
  });

  test('sends one request for many simultaneous viewers and shares no private response', async () => {
    const waiting: (() => void)[] = [];
    const { get, origin } = await startEdge((response, { url }) => {
      waiting.push(() =>
        kept(response, 'a', url === '/shop/mine' ? 'private, no-store' : 'public, max-age=60'),
      );
    });
    const shared = Promise.all(Array.from({ length: 5 }, () => get('/shop/1')));
    await expect.poll(() => waiting.length).toBe(1);
    for (const answer of waiting.splice(0)) answer();
    expect((await shared).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(origin.received).toHaveLength(1);

    const own = Promise.all(Array.from({ length: 3 }, () => get('/shop/mine')));
    await expect.poll(() => waiting.length).toBe(1);
    for (const answer of waiting.splice(0)) answer();
    await expect.poll(() => waiting.length).toBe(2);
    for (const answer of waiting.splice(0)) answer();
    await own;
    expect(origin.received).toHaveLength(4);
  });

  test('caches errors for ten seconds by default, even when caching is off', async () => {
    const { get, clock, origin } = await startEdge(
      (response) => response.writeHead(404).end('none'),
      sampleDistribution({ CustomErrorResponses: [] }),
    );
    await get('/other');
    clock.ms += 9_000;
    await get('/other');
    expect(origin.received).toHaveLength(1);
    clock.ms += 1_000;
    await get('/other');
    expect(origin.received).toHaveLength(2);
  });

  test('stores each encoding of a compressed response separately', async () => {
    const text = JSON.stringify({ text: 'a'.repeat(2_000) });
    const { get, origin } = await startEdge((response) => {
      response.setHeader('content-type', 'application/json').setHeader('content-length', text.length);
      kept(response, text);
    });
    for (const cache of ['Miss from cloudfront', 'Hit from cloudfront']) {
      const packed = await get('/shop/1', { 'accept-encoding': 'gzip, deflate' });
      expect([packed.cache, packed.headers['content-encoding']]).toEqual([cache, 'gzip']);
      expect(packed.headers['etag']).toMatch(/^W\//);
      expect(String(gunzipSync(packed.body))).toBe(text);
    }
    expect((await get('/shop/1')).headers['content-encoding']).toBeUndefined();
    expect(origin.received.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', undefined]);
  });

  test.each(['*', 'origin, *'])('never serves a response with Vary: %s from the cache', async (vary) => {
    const { get, origin } = await startEdge((response, { url }) => {
      response.setHeader('vary', vary);
      if (url === '/shop/none') response.writeHead(404, { 'cache-control': 'max-age=60' }).end();
      else kept(response, 'a');
    });
    for (const path of ['/shop/1', '/shop/1', '/shop/none', '/shop/none']) {
      expect((await get(path)).cache).not.toBe('Hit from cloudfront');
    }
    expect(origin.received).toHaveLength(4);
  });

  test('serves ranges of a complete response without a request to the origin', async () => {
    const { get, origin } = await startEdge((response) => kept(response, 'abcdef'));
    await get('/shop/1');
    for (const [range, status, text, contentRange] of [
      ['bytes=0-2', 206, 'abc', 'bytes 0-2/6'],
      ['bytes=4-', 206, 'ef', 'bytes 4-5/6'],
      ['bytes=-2', 206, 'ef', 'bytes 4-5/6'],
      ['bytes=2-99', 206, 'cdef', 'bytes 2-5/6'],
      ['bytes=-99', 206, 'abcdef', 'bytes 0-5/6'],
      ['bytes=6-', 416, '', 'bytes */6'],
      ['bytes=-0', 416, '', 'bytes */6'],
      ['bytes=3-1', 200, 'abcdef', undefined],
      ['bytes=0-1,3-4', 200, 'abcdef', undefined],
      ['lines=0-1', 200, 'abcdef', undefined],
    ] as const) {
      const answer = await get('/shop/1', { range });
      expect([range, answer.status, String(answer.body), answer.headers['content-range']]).toEqual([
        range,
        status,
        text,
        contentRange,
      ]);
    }
    expect((await get('/shop/1', { range: 'bytes=0-0', 'if-range': '"abcdef"' })).status).toBe(206);
    expect((await get('/shop/1', { range: 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200);
    expect((await get('/shop/1', { range: 'bytes=0-0', 'if-none-match': '"abcdef"' })).status).toBe(304);
    expect(origin.received).toHaveLength(1);
  });

  test('revalidates with the ETag of the origin, whether the response is compressed or not', async () => {
    const text = JSON.stringify({ text: 'a'.repeat(2_000) });
    const { get, clock, origin } = await startEdge((response) => {
      response.setHeader('content-type', 'application/json').setHeader('content-length', text.length);
      response.setHeader('cache-control', 'max-age=60').setHeader('etag', '"tag"').end(text);
    });
    for (const headers of [{ 'accept-encoding': 'gzip' }, {}]) {
      await get('/shop/1', headers);
      clock.ms += 61_000;
      await get('/shop/1', headers);
      expect(origin.received.at(-1)?.headers['if-none-match']).toBe('"tag"');
    }
  });

  test('a 304 replaces all header fields except those of the body', async () => {
    const { get, clock } = await startEdge((response, _, count) => {
      response.setHeader('etag', '"a"').setHeader('cache-control', 'max-age=60');
      response.setHeader('content-security-policy', `default-src ${count}`).setHeader('x-count', count);
      response.setHeader('link', count === 1 ? ['<a>', '<b>'] : ['<c>', '<d>']);
      if (count === 1) response.setHeader('content-type', 'text/plain').end('a');
      else response.writeHead(304, { 'content-type': 'text/html' }).end();
    });
    await get('/shop/1');
    clock.ms += 61_000;
    for (const cache of ['RefreshHit from cloudfront', 'Hit from cloudfront']) {
      expect(await get('/shop/1')).toMatchObject({
        status: 200,
        cache,
        headers: {
          'x-count': '2',
          'content-security-policy': 'default-src 2',
          'content-type': 'text/plain',
          link: ['<c>', '<d>'],
        },
      });
    }
  });

  test('removes a response when its 304 forbids caching', async () => {
    const { get, clock, origin } = await startEdge((response, _, count) => {
      response.setHeader('etag', '"a"');
      if (count === 1) response.setHeader('cache-control', 'max-age=60').end('a');
      else response.writeHead(304, { 'cache-control': 'private, no-store' }).end();
    });
    await get('/shop/1');
    clock.ms += 61_000;
    await get('/shop/1');
    await get('/shop/1');
    expect(origin.received).toHaveLength(3);
    expect(origin.received.at(-1)?.headers['if-none-match']).toBeUndefined();
  });

  test('forwards partial responses and does not cache them', async () => {
    const { get } = await startEdge((response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-0/5', 'cache-control': 'max-age=60' }).end('h');
    });
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await get('/shop/1', { range: 'bytes=0-0' })).toMatchObject({
        status: 206,
        cache: 'Miss from cloudfront',
      });
    }
  });
});
