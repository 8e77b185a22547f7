import { expect, test } from 'vitest';
import { readRequest } from './gateway-request.ts';

const nothing = {
  routeKey: '',
  originSecret: '',
  viewerAddress: '',
  authorization: '',
  apiKey: '',
  hasTokenInQuery: false,
  method: '',
  target: '',
  path: '',
  query: '',
  pathParameters: {},
  headers: {},
  cookies: [],
};

test('reads the fields that a decision needs', () => {
  const event = {
    version: '2.0',
    type: 'REQUEST',
    routeKey: 'GET /api/orders/{id}',
    headers: {
      'x-gw-origin-secret': 'secret',
      'x-gw-viewer-address': '192.0.2.7',
      authorization: 'Bearer a.b.c',
      'x-gw-target': 'api.store.example/api/orders/a%2Fb',
      'x-api-key': 'gh_test',
    },
    cookies: ['a=b', 'try=canary', 7],
    rawPath: '/api/orders/a/b',
    rawQueryString: 'access_token=',
    queryStringParameters: { access_token: '' },
    pathParameters: { id: 'a/b', n: 1 },
    requestContext: { http: { method: 'GET', sourceIp: '130.176.0.1' } },
  };
  expect(readRequest(event)).toEqual({
    routeKey: 'GET /api/orders/{id}',
    originSecret: 'secret',
    viewerAddress: '192.0.2.7',
    authorization: 'Bearer a.b.c',
    apiKey: 'gh_test',
    hasTokenInQuery: true,
    method: 'GET',
    target: 'api.store.example/api/orders/a%2Fb',
    path: '/api/orders/a/b',
    query: 'access_token=',
    pathParameters: { id: 'a/b' },
    headers: event.headers,
    cookies: ['a=b', 'try=canary', ''],
  });
});

test.each([
  undefined,
  null,
  'text',
  7,
  [],
  {},
  { headers: null, cookies: 'a=b' },
  { headers: { authorization: ['a'] }, routeKey: 7 },
])('returns empty fields for %j', (event) => {
  expect(readRequest(event)).toEqual(nothing);
});
