import { expect, test } from 'vitest';
import { readRequest } from './request.ts';

const nothing = {
  routeKey: '',
  originSecret: '',
  viewerAddress: '',
  authorization: '',
  hasTokenInQuery: false,
};

test('reads what the decision needs of an event', () => {
  const event = {
    version: '2.0',
    type: 'REQUEST',
    routeKey: 'GET /api/orders/{id}',
    headers: {
      'x-gw-origin-secret': 'secret',
      'x-gw-viewer-address': '192.0.2.7',
      authorization: 'Bearer a.b.c',
      'x-forwarded-for': '198.51.100.1',
    },
    queryStringParameters: { access_token: '' },
    requestContext: { http: { sourceIp: '130.176.0.1' } },
  };
  expect(readRequest(event)).toEqual({
    routeKey: 'GET /api/orders/{id}',
    originSecret: 'secret',
    viewerAddress: '192.0.2.7',
    authorization: 'Bearer a.b.c',
    hasTokenInQuery: true,
  });
});

test.each([
  undefined,
  null,
  'text',
  7,
  [],
  {},
  { headers: null },
  { headers: { authorization: ['a'] }, routeKey: 7 },
])('reads nothing of %j', (event) => {
  expect(readRequest(event)).toEqual(nothing);
});
