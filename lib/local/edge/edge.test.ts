import type { ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { literalDeployment } from '../emulation/literal-deployment.ts';
import { Findings } from '../emulation/unsupported.ts';
import { listen } from '../http/server.ts';
import { type Received, startTestServer } from '../http/test-server.ts';
import { Upstream } from '../http/upstream.ts';
import { compileDistribution } from './compile-distribution.ts';
import { serveDistribution } from './edge.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const cacheable = {
  TargetOriginId: 'origin',
  CachePolicyId: 'test.Shared',
  OriginRequestPolicyId: 'test.NoCookies',
  AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
  Compress: true,
};

/** A distribution whose `/shop/*` is cached by the origin's own word, query strings in the key. */
const distribution = (
  config: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
) =>
  literalDeployment({
    Distribution: {
      type: 'AWS::CloudFront::Distribution',
      properties: {
        DistributionConfig: {
          Enabled: true,
          DefaultCacheBehavior: {
            TargetOriginId: 'origin',
            CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
            OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          },
          CacheBehaviors: [{ PathPattern: '/shop/*', ...cacheable, ...more }],
          Origins: [{ Id: 'origin', DomainName: 'origin.example', CustomOriginConfig: {} }],
          CustomErrorResponses: [404, 500, 502, 503, 504].map((ErrorCode) => ({
            ErrorCode,
            ErrorCachingMinTTL: 0,
          })),
          ...config,
        },
      },
    },
    Shared: {
      type: 'AWS::CloudFront::CachePolicy',
      properties: {
        CachePolicyConfig: {
          Name: 'shared',
          MinTTL: 0,
          DefaultTTL: 0,
          MaxTTL: 86_400,
          ParametersInCacheKeyAndForwardedToOrigin: {
            EnableAcceptEncodingGzip: true,
            EnableAcceptEncodingBrotli: false,
            QueryStringsConfig: { QueryStringBehavior: 'all' },
            CookiesConfig: { CookieBehavior: 'none' },
            HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Origin'] },
          },
        },
      },
    },
    NoCookies: {
      type: 'AWS::CloudFront::OriginRequestPolicy',
      properties: {
        OriginRequestPolicyConfig: {
          Name: 'no-cookies',
          QueryStringsConfig: { QueryStringBehavior: 'all' },
          CookiesConfig: { CookieBehavior: 'none' },
          HeadersConfig: { HeaderBehavior: 'allExcept', Headers: ['host'] },
        },
      },
    },
    Decorate: {
      type: 'AWS::CloudFront::Function',
      properties: {
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: `async function handler(event) {
          event.response.headers['x-seen'] = { value: event.request.uri };
          return event.response;
        }`,
      },
    },
    Refuse: {
      type: 'AWS::CloudFront::Function',
      properties: {
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: `function handler(event) {
          if (event.request.uri === '/shop/loop') while (true);
          if (event.request.uri === '/shop/host') { event.request.headers.host = { value: 'x' }; return event.request; }
          if (event.request.uri === '/shop/ok') return event.request;
          return { statusCode: 418, headers: { 'x-a': { value: 'b' } }, body: 'no' };
        }`,
      },
    },
  });

async function start(
  answer: (response: ServerResponse, received: Received, count: number) => void,
  deployment = distribution(),
) {
  let count = 0;
  const origin = await startTestServer((response, received) => {
    count += 1;
    answer(response, received, count);
  });
  const upstream = new Upstream(origin.url);
  const clock = { ms: 1_000_000 };
  const notices: string[] = [];
  const findings = new Findings();
  const compiled = compileDistribution(
    deployment,
    {
      secret: (name) => name,
      now: () => clock.ms,
      notice: (text) => notices.push(text),
      upstreamOf: () => () => upstream,
    },
    findings,
  );
  findings.throwIfAny();
  if (compiled === null) throw new Error('no distribution');
  const edge = await listen(
    serveDistribution(compiled, {
      now: () => clock.ms,
      requestId: () => 'request-1',
      notice: (text) => notices.push(text),
    }),
    {
      host: '127.0.0.1',
      port: 0,
      name: 'edge',
      maxHeaderBytes: 65_536,
      notice: (text) => notices.push(text),
    },
  );
  stops.push(origin.close, () => upstream.close(), edge.close);
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const { statusCode, headers: fields, body } = await request(`${edge.url}${path}`, { method, headers });
    return {
      status: statusCode,
      cache: fields['x-cache'],
      age: fields['age'],
      headers: fields,
      body: Buffer.from(await body.arrayBuffer()),
    };
  };
  return { origin, clock, notices, get, url: edge.url };
}

const kept = (
  response: ServerResponse,
  text: string,
  cacheControl = 'public, max-age=60, stale-while-revalidate=300, stale-if-error=3600',
) => response.setHeader('cache-control', cacheControl).setHeader('etag', `"${text}"`).end(text);

describe('cache', () => {
  it('keeps a public answer for its lifetime, with Age, for HEAD too', async () => {
    const { get, clock, origin } = await start((response) => kept(response, 'a'));
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

  it('keeps nothing private, nothing of other methods, nothing where caching is off', async () => {
    const { get, origin } = await start((response, { url }) =>
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

  it('gives a stale copy at once while it asks once in the background', async () => {
    const answers: (() => void)[] = [];
    const { get, clock, origin } = await start((response, _, count) => {
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

  it('asks with the tag it has, and renews the copy on 304', async () => {
    const { get, clock, origin } = await start((response, { headers }) => {
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

  it('answers a viewer that has the copy with 304', async () => {
    const { get } = await start((response) => kept(response, 'a'));
    for (const cache of ['Miss from cloudfront', 'Hit from cloudfront']) {
      expect(await get('/shop/1', { 'if-none-match': '"a"' })).toMatchObject({
        status: 304,
        cache,
        body: Buffer.alloc(0),
      });
    }
  });

  it('stands in for a failing origin until stale-if-error ends', async () => {
    const { get, clock } = await start((response, _, count) => {
      if (count === 1) kept(response, 'a', 'public, max-age=60, stale-if-error=600');
      else response.writeHead(503).end('down');
    });
    await get('/shop/1');
    clock.ms += 600_000;
    expect(await get('/shop/1')).toMatchObject({ status: 200, body: Buffer.from('a') });
    clock.ms += 61_000;
    expect(await get('/shop/1')).toMatchObject({ status: 503, cache: 'Error from cloudfront' });
  });

  it('does not lose the copy when the refresh in the background fails', async () => {
    const { get, clock, origin } = await start((response, _, count) => {
      if (count === 1) kept(response, 'a');
      else response.writeHead(500).end();
    });
    await get('/shop/1');
    clock.ms += 61_000;
    await get('/shop/1');
    await expect.poll(() => origin.received.length).toBe(2);
    expect((await get('/shop/1')).status).toBe(200);
  });

  it('asks once for many viewers at the same time, and shares nothing private', async () => {
    const waiting: (() => void)[] = [];
    const { get, origin } = await start((response, { url }) => {
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

  it('keeps errors for ten seconds where the distribution says nothing, even where caching is off', async () => {
    const { get, clock, origin } = await start(
      (response) => response.writeHead(404).end('none'),
      distribution({ CustomErrorResponses: [] }),
    );
    await get('/other');
    clock.ms += 9_000;
    await get('/other');
    expect(origin.received).toHaveLength(1);
    clock.ms += 1_000;
    await get('/other');
    expect(origin.received).toHaveLength(2);
  });

  it('compresses what it keeps, each encoding by itself', async () => {
    const text = JSON.stringify({ text: 'a'.repeat(2_000) });
    const { get, origin } = await start((response) => {
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

  it('passes parts on and keeps none of them', async () => {
    const { get } = await start((response) => {
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

describe('requests', () => {
  it('sends the origin what the policies say, and itself', async () => {
    const { get, origin } = await start((response) => response.setHeader('set-cookie', 'a=b').end());
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

  it('refuses methods that the behaviour does not allow', async () => {
    const { get } = await start((response) => response.end());
    expect((await get('/other', {}, 'DELETE')).status).toBe(403);
    expect((await get('/shop/1', {}, 'DELETE')).status).toBe(200);
  });

  it('refuses URLs and headers that are too long', async () => {
    const { get, origin } = await start((response) => response.end());
    expect((await get(`/${'a'.repeat(8_200)}`)).status).toBe(414);
    expect((await get('/other', { a: 'x'.repeat(20_480) })).status).toBe(494);
    expect(origin.received).toEqual([]);
  });

  it('tells an origin that is away from one that is slow', async () => {
    const { get, origin } = await start((response) => response.end());
    await origin.close();
    expect((await get('/other')).status).toBe(502);
  });
});

describe('functions', () => {
  const associated = (EventType: string, name: string) =>
    distribution({}, { FunctionAssociations: [{ EventType, FunctionARN: `arn:test.${name}` }] });

  it('may answer in place of the origin', async () => {
    const { get, origin } = await start((response) => response.end(), associated('viewer-request', 'Refuse'));
    expect(await get('/shop/no')).toMatchObject({
      status: 418,
      cache: 'FunctionGeneratedResponse from cloudfront',
      body: Buffer.from('no'),
    });
    expect(origin.received).toEqual([]);
    expect((await get('/shop/ok')).status).toBe(200);
  });

  it('fail as at CloudFront: 503 for an endless loop, 502 for what is not allowed', async () => {
    const { get, notices } = await start(
      (response) => response.end(),
      associated('viewer-request', 'Refuse'),
    );
    expect((await get('/shop/loop')).status).toBe(503);
    expect((await get('/shop/host')).status).toBe(502);
    expect(notices.join('\n')).toContain('may not set the header host');
  });

  it('see answers below 400 on their way back', async () => {
    const { get } = await start(
      (response, { url }) => response.writeHead(url === '/shop/error' ? 500 : 200).end(),
      associated('viewer-response', 'Decorate'),
    );
    expect((await get('/shop/fine')).headers['x-seen']).toBe('/shop/fine');
    expect((await get('/shop/error')).headers['x-seen']).toBeUndefined();
  });
});

it('ends a request to the origin when the viewer leaves', async () => {
  const closed: string[] = [];
  const { origin, url } = await start((response, received) => {
    response.once('close', () => closed.push(received.url));
  });
  const leaving = new AbortController();
  const left = request(`${url}/shop/1`, { signal: leaving.signal }).catch(() => undefined);
  await expect.poll(() => origin.received.length).toBeGreaterThan(0);
  leaving.abort();
  await left;
  await expect.poll(() => closed.length).toBeGreaterThan(0);
});
