import type { ReceivedCall, TestAnswer } from '../../runtime/http/testing/test-server.ts';

export const bases = {
  url: 'https://edge.example',
  apiUrl: 'https://api.example',
  partnerUrl: 'https://partner.example',
} as const;
export const corsOrigin = 'https://shop.example';
export const partnerKey = 'a-key';
/** Header that names the base URL of a call. One server answers for all base URLs. */
export const baseHeader = 'x-test-base';

const burst = 10;

const problem = (status: number, headers: Record<string, string> = {}): TestAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ title: 'A problem', status }),
});
const json = (value: unknown, headers: Record<string, string> = {}): TestAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

/** Answers the calls of the checks like a correctly deployed gateway. */
export function healthyGateway() {
  const cached = new Set<string>();
  let seconds = 0;
  let anonymousCalls = 0;

  function opinions(url: string): TestAnswer {
    if (/%2F|%252F|%3F/.test(url)) return problem(400);
    anonymousCalls += 1;
    if (anonymousCalls > burst) return problem(429, { 'retry-after': '2', ratelimit: '"anonymous";r=0;t=2' });
    const limits = {
      ratelimit: `"anonymous";r=${burst - anonymousCalls};t=2`,
      'ratelimit-policy': '"anonymous";q=50;w=60',
      'x-gateway-policy': 'catalogue',
    };
    return url.includes('a%20b') ? problem(404, limits) : json({ items: [{ id: 'one' }] }, limits);
  }

  function products(call: ReceivedCall): TestAnswer {
    const version = call.headers['x-api-version'];
    if (version === '9') return problem(400, { 'access-control-allow-origin': '*' });
    const key = `${call.url} ${String(version)}`;
    const isKnown = cached.has(key);
    cached.add(key);
    return json(
      { id: 'aurora-12', items: [] },
      {
        vary: 'Accept-Encoding, Origin, X-API-Version',
        'x-cache': `${isKnown ? 'Hit' : 'Miss'} from cloudfront`,
        ...(isKnown ? { age: String(seconds) } : {}),
        ...(version === '1'
          ? {
              deprecation: '@1793491200',
              sunset: 'Sat, 01 May 2027 00:00:00 GMT',
              link: '<https://example.com>; rel="deprecation"',
            }
          : {}),
      },
    );
  }

  function orders({ method, body, headers }: ReceivedCall): TestAnswer {
    if (method === 'PATCH') return problem(405, { allow: 'GET, POST' });
    if (method === 'DELETE') return problem(405, { allow: 'GET, HEAD, POST' });
    if (method === 'OPTIONS') return { status: 204, headers: { 'access-control-allow-methods': 'GET,POST' } };
    if (body.length > 65_536) return problem(413);
    return problem(401, {
      'x-request-id': 'an-id',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      ...(headers.origin === undefined ? {} : { 'access-control-allow-origin': corsOrigin }),
    });
  }

  function partner({ method, url, headers, body }: ReceivedCall): TestAnswer {
    if (headers['x-api-key'] !== partnerKey) return problem(403);
    if (method !== 'POST') return json(url === '/partner/products' ? { items: [] } : { id: 'pico-4' });
    const isComplete = headers['idempotency-key'] !== undefined && body === '{"quantity":1}';
    return isComplete ? { status: 201 } : problem(400);
  }

  return {
    /** Advances the clock, so that limits recover and cached answers age. */
    pass(more: number): void {
      seconds += more;
      anonymousCalls = 0;
    },
    answer(call: ReceivedCall): TestAnswer {
      const { url } = call;
      switch (call.headers[baseHeader]) {
        case 'http://edge.example':
          return { status: 301, headers: { location: `https://edge.example${url}` } };
        case bases.apiUrl:
          return problem(403);
        case bases.partnerUrl:
          return problem(call.body.length > 10_485_760 ? 413 : 403);
        default:
      }
      if (url === '/health') return json({ status: 'ok' });
      if (url.startsWith('/assets/')) return { status: 403, headers: { 'content-security-policy': 'self' } };
      if (url.startsWith('/api/opinions/')) return opinions(url);
      if (url.startsWith('/api/orders')) return orders(call);
      if (url.startsWith('/partner/')) return partner(call);
      if (/^\/(api\/)?products/.test(url)) return products(call);
      return problem(404, { 'cache-control': 'no-store', vary: 'Origin', 'x-request-id': 'an-id' });
    },
  };
}
