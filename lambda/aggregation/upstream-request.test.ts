import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readHttpRequest } from '../../runtime/http/lambda-http.ts';
import type { ExternalComposition } from './contract.ts';
import { upstreamRequest } from './upstream-request.ts';

const composition: ExternalComposition = {
  kind: 'external',
  service: 'carrier',
  url: 'https://carrier.example.com/v1/',
  timeoutSeconds: 5,
};

const callWith = (part: Record<string, unknown> = {}) =>
  readHttpRequest({
    rawPath: '/api/shipping/rates',
    rawQueryString: '',
    headers: {},
    requestContext: {
      requestId: 'r-1',
      http: { method: 'GET' },
      authorizer: {
        lambda: {
          userId: 'ada',
          userEmail: 'ada@example.com',
          userRole: 'customer',
          clientId: '-',
          clientAddress: '192.0.2.7',
          plan: 'free',
        },
      },
    },
    ...part,
  });
const urlOf = (rawPath: string, rawQueryString = '', url = composition.url) => {
  const path = upstreamRequest(callWith({ rawPath, rawQueryString }), { ...composition, url })?.path;
  return path === undefined ? undefined : url.replace(/\/$/, '') + path;
};

test("appends path and query to the service's address, the query as it was sent", () => {
  expect(urlOf('/api/shipping/rates', 'to=DE&to=%C3%84&x=a+b%2Fc')).toBe(
    'https://carrier.example.com/v1/api/shipping/rates?to=DE&to=%C3%84&x=a+b%2Fc',
  );
  expect(urlOf('/x', 'q=ä b"')).toBe('https://carrier.example.com/v1/x?q=%C3%A4%20b%22');
  expect(urlOf('/a b/ä', '')).toBe('https://carrier.example.com/v1/a%20b/%C3%A4');
  expect(urlOf('/a?b#c', 'd=1')).toBe('https://carrier.example.com/v1/a%3Fb%23c?d=1');
  expect(urlOf('/x', '', 'http://127.0.0.1:8082')).toBe('http://127.0.0.1:8082/x');
});

test.each(['/../admin', '/a/../../admin', '/.', '@evil.example.com/', '/a\ud800'])(
  'refuses the path %j, which would lead out of it or is not UTF-8',
  (path) => {
    expect(urlOf(path)).toBeUndefined();
  },
);

test.each([
  ['/%2e%2e/admin', '/%252e%252e/admin'],
  [String.raw`/..\admin`, '/..%5Cadmin'],
  ['/100%', '/100%25'],
  ['/a%2Fb', '/a%252Fb'],
  ['/a;b=c', '/a%3Bb%3Dc'],
])('encodes the decoded path %j once, as %j', (path, written) => {
  expect(urlOf(path)).toBe(`https://carrier.example.com/v1${written}`);
});

test('sends the call to the service, whatever the path', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webPath()), fc.constantFrom('', '/v1'), (path, base) => {
      const url =
        urlOf(path, '', `https://carrier.example.com${base}`) ?? `https://carrier.example.com${base}/`;
      expect(url.startsWith(`https://carrier.example.com${base}/`)).toBe(true);
    }),
  );
});

test('sends identity to the service, and no credential and no address', () => {
  const request = upstreamRequest(
    callWith({
      headers: {
        accept: 'application/json',
        'accept-encoding': 'br',
        authorization: 'Bearer a.b.c',
        cookie: 'session=1',
        connection: 'keep-alive, x-hop',
        host: 'shop.example.com',
        'if-none-match': '"1"',
        'x-forwarded-for': '192.0.2.7',
        'x-user-id': 'forged',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Sampled=1',
      },
    }),
    composition,
  );
  expect(request?.headers).toEqual({
    accept: 'application/json',
    'if-none-match': '"1"',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    'x-user-id': 'ada',
    'x-user-role': 'customer',
    'x-client-id': '-',
    'x-plan': 'free',
    'x-request-id': 'r-1',
  });
});

test('forwards a body byte by byte, when the method has one', () => {
  const part = { body: Buffer.from([0, 255]).toString('base64'), isBase64Encoded: true };
  const withMethod = (method: string) =>
    upstreamRequest(callWith({ ...part, requestContext: { http: { method } } }), composition);
  expect(withMethod('POST')?.body).toEqual(Uint8Array.of(0, 255));
  expect(withMethod('GET')).not.toHaveProperty('body');
  expect(
    upstreamRequest(callWith({ requestContext: { http: { method: 'POST' } } }), composition),
  ).not.toHaveProperty('body');
});
