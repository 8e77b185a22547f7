import { expect, test } from 'vitest';
import { toHttpResponse } from './lambda-integration.ts';

const summary = (payload: unknown) => {
  const answer = toHttpResponse(payload);
  return answer === null
    ? null
    : {
        status: answer.status,
        type: answer.headers.get('content-type'),
        body: Buffer.isBuffer(answer.body) ? answer.body.toString() : answer.body,
      };
};

test.each([
  ['a text', 'hello', { status: 200, type: 'application/json', body: 'hello' }],
  ['an object', { a: 1 }, { status: 200, type: 'application/json', body: '{"a":1}' }],
  ['nothing', null, { status: 200, type: 'application/json', body: 'null' }],
  ['a status', { statusCode: 204 }, { status: 204, type: 'text/plain;charset=utf-8', body: '' }],
  [
    'headers and body',
    { statusCode: 201, headers: { 'Content-Type': 'text/html', 'Content-Length': '99' }, body: '<p>' },
    { status: 201, type: 'text/html', body: '<p>' },
  ],
  [
    'base64',
    { statusCode: 200, body: 'aGk=', isBase64Encoded: true },
    { status: 200, type: 'text/plain;charset=utf-8', body: 'hi' },
  ],
  ['an invalid status', { statusCode: 'ok' }, null],
  ['a body that is not a string', { statusCode: 200, body: { a: 1 } }, null],
])('reads the function result: %s', (_, payload, expected) => {
  expect(summary(payload)).toEqual(expected);
});

test('sets each cookie in a separate header', () => {
  expect(
    toHttpResponse({ statusCode: 200, cookies: ['a=1', 'b=2; Secure'] })?.headers.all('set-cookie'),
  ).toEqual(['a=1', 'b=2; Secure']);
});
