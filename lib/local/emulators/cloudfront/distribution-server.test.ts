import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { sampleDistribution } from './testing/literal-distribution.ts';
import { startEdge, stopEdges } from './testing/start-edge.ts';

afterEach(stopEdges);

describe('requests', () => {
  test('forwards what the policies select and adds its headers', async () => {
    const { get, origin } = await startEdge((response) => response.setHeader('set-cookie', 'a=b').end());
    const first = await get('/shop/1', {
      authorization: 'Bearer t',
      cookie: 'session=1',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'http',
      'cloudfront-viewer-address': 'forged',
      'x-amz-cf-id': 'forged',
    });
    expect(first.headers['set-cookie']).toBeUndefined();
    expect(origin.received[0]?.headers).toMatchObject({
      host: 'origin.example',
      authorization: 'Bearer t',
      'x-forwarded-for': '6.6.6.6, 127.0.0.1',
      'x-amz-cf-id': 'request-1',
      via: '1.1 localhost (CloudFront)',
    });
    for (const name of ['cookie', 'x-forwarded-proto', 'cloudfront-viewer-address']) {
      expect(origin.received[0]?.headers[name]).toBeUndefined();
    }
    const second = await get('/other', { cookie: 'session=1' });
    expect([second.headers['set-cookie'], origin.received[1]?.headers.cookie]).toEqual(['a=b', 'session=1']);
  });

  test('refuses methods that the behaviour does not allow', async () => {
    const { get } = await startEdge((response) => response.end());
    expect((await get('/other', {}, 'DELETE')).status).toBe(403);
    expect((await get('/shop/1', {}, 'DELETE')).status).toBe(200);
  });

  test('refuses URLs and headers that are too long', async () => {
    const { get, origin } = await startEdge((response) => response.end());
    expect((await get(`/${'a'.repeat(8_200)}`)).status).toBe(414);
    expect((await get('/other', { a: 'x'.repeat(20_480) })).status).toBe(494);
    expect(origin.received).toEqual([]);
  });

  test('returns 502 for an unreachable origin and 504 for a slow one', async () => {
    const { get, origin } = await startEdge((response) => response.end());
    await origin.close();
    expect((await get('/other')).status).toBe(502);
  });
});

describe('functions', () => {
  const associated = (EventType: string, name: string) =>
    sampleDistribution({}, { FunctionAssociations: [{ EventType, FunctionARN: `arn:test.${name}` }] });

  test('can generate the response instead of the origin', async () => {
    const { get, origin } = await startEdge(
      (response) => response.end(),
      associated('viewer-request', 'Refuse'),
    );
    expect(await get('/shop/no')).toMatchObject({
      status: 418,
      cache: 'FunctionGeneratedResponse from cloudfront',
      body: Buffer.from('no'),
    });
    expect(origin.received).toEqual([]);
    expect((await get('/shop/ok')).status).toBe(200);
  });

  test('return 503 for an endless loop and 502 for a forbidden change, as CloudFront does', async () => {
    const { get, notices } = await startEdge(
      (response) => response.end(),
      associated('viewer-request', 'Refuse'),
    );
    expect((await get('/shop/loop')).status).toBe(503);
    expect((await get('/shop/host')).status).toBe(502);
    expect(notices.join('\n')).toContain('may not set the header host');
  });

  test('run on responses below status 400', async () => {
    const { get } = await startEdge(
      (response, { url }) => response.writeHead(url === '/shop/error' ? 500 : 200).end(),
      associated('viewer-response', 'Decorate'),
    );
    expect((await get('/shop/fine')).headers['x-seen']).toBe('/shop/fine');
    expect((await get('/shop/error')).headers['x-seen']).toBeUndefined();
  });
});

test('aborts the request to the origin when the viewer disconnects', async () => {
  const closed: string[] = [];
  const { origin, url } = await startEdge((response, received) => {
    response.once('close', () => closed.push(received.url));
  });
  const leaving = new AbortController();
  const left = request(`${url}/shop/1`, { signal: leaving.signal }).catch(() => undefined);
  await expect.poll(() => origin.received.length).toBeGreaterThan(0);
  leaving.abort();
  await left;
  await expect.poll(() => closed.length).toBeGreaterThan(0);
});

describe('two origins of a group', () => {
  const group = (targets: readonly string[] = ['origin', 'second']) =>
    sampleDistribution({
      Origins: [
        { Id: 'origin', DomainName: 'origin.example', CustomOriginConfig: {} },
        { Id: 'second', DomainName: 'second.example', OriginPath: '/copy', CustomOriginConfig: {} },
      ],
      OriginGroups: {
        Quantity: 1,
        Items: [
          {
            Id: 'both',
            FailoverCriteria: { StatusCodes: { Quantity: 2, Items: [500, 503] } },
            Members: { Quantity: 2, Items: targets.map((OriginId) => ({ OriginId })) },
          },
        ],
      },
      DefaultCacheBehavior: {
        TargetOriginId: 'both',
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      },
    });

  test('the second origin receives only reads that the first one fails', async () => {
    const { get, origin } = await startEdge((response, { url }) => {
      const status = /^\/(\d+)/.exec(url)?.[1];
      response.writeHead(status === undefined ? 200 : Number(status)).end(url);
    }, group());
    expect(await get('/500')).toMatchObject({ status: 200, body: Buffer.from('/copy/500') });
    expect(await get('/503', {}, 'HEAD')).toMatchObject({ status: 200 });
    expect(await get('/404')).toMatchObject({ status: 404, body: Buffer.from('/404') });
    expect(await get('/500', {}, 'DELETE')).toMatchObject({ status: 500, body: Buffer.from('/500') });
    expect(origin.received.map(({ headers }) => headers.host)).toEqual([
      'origin.example',
      'second.example',
      'origin.example',
      'second.example',
      'origin.example',
      'origin.example',
    ]);
  });
});

describe('an invalidation', () => {
  test('removes responses by path, prefix and cache tag', async () => {
    const { get, invalidate } = await startEdge(
      (response, { url }) =>
        response
          .writeHead(200, { 'cache-control': 'max-age=60', 'cache-tag': `all, page:${url.slice(-1)}` })
          .end(),
      sampleDistribution({ CacheTagConfig: { HeaderName: 'Cache-Tag' } }),
    );
    const caches = async () => {
      const answers = [];
      for (const path of ['/shop/1', '/shop/2', '/shop/2?x=1']) answers.push((await get(path)).cache);
      return answers.map((cache) => String(cache).split(' ', 1)[0]);
    };
    expect(await caches()).toEqual(['Miss', 'Miss', 'Miss']);
    expect(await caches()).toEqual(['Hit', 'Hit', 'Hit']);
    invalidate(['/shop/2']);
    expect(await caches()).toEqual(['Hit', 'Miss', 'Hit']);
    invalidate(['/shop/2*']);
    expect(await caches()).toEqual(['Hit', 'Miss', 'Miss']);
    invalidate(['#PAGE:1']);
    expect(await caches()).toEqual(['Miss', 'Hit', 'Miss']);
    invalidate(['#none', '/shop/3']);
    expect(await caches()).toEqual(['Hit', 'Hit', 'Hit']);
    invalidate(['#all']);
    expect(await caches()).toEqual(['Miss', 'Miss', 'Miss']);
  });
});
