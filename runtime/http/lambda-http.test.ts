import { expect, test } from 'vitest';
import { readHttpRequest } from './lambda-http.ts';

test('reads an event of payload format 2.0', () => {
  const call = readHttpRequest({
    version: '2.0',
    routeKey: 'POST /api/parcels',
    rawPath: '/api/parcels',
    rawQueryString: 'a=1&a=%20',
    pathParameters: { id: 'a/b', odd: 7 },
    headers: { accept: 'application/json', odd: 7 },
    body: Buffer.from([0, 255]).toString('base64'),
    isBase64Encoded: true,
    requestContext: {
      requestId: 'r-1',
      http: { method: 'POST' },
      authorizer: { lambda: { decision: 'allow', service: 'carrier' } },
    },
  });
  expect(call).toEqual({
    routeKey: 'POST /api/parcels',
    method: 'POST',
    path: '/api/parcels',
    query: 'a=1&a=%20',
    pathParameters: { id: 'a/b' },
    headers: { accept: 'application/json' },
    body: Buffer.from([0, 255]),
    requestId: 'r-1',
    decision: { decision: 'allow', service: 'carrier' },
  });
});

test('returns a text body as bytes', () => {
  expect(readHttpRequest({ body: 'é', isBase64Encoded: false }).body).toEqual(Buffer.from('é'));
});

test.each([
  undefined,
  null,
  'text',
  [],
  {},
  { requestContext: null },
  { requestContext: { authorizer: 'x' } },
])('returns empty values for %j', (event) => {
  expect(readHttpRequest(event)).toMatchObject({ routeKey: '', headers: {}, decision: {}, requestId: '' });
});
