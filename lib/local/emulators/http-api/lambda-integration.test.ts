import { expect, it } from 'vitest';
import { toHttpResponse } from './lambda-integration.ts';

const told = (payload: unknown) => {
  const answer = toHttpResponse(payload);
  return answer === null
    ? null
    : {
        status: answer.status,
        type: answer.headers.get('content-type'),
        body: Buffer.isBuffer(answer.body) ? answer.body.toString() : answer.body,
      };
};

it.each([
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
  ['a status that is none', { statusCode: 'ok' }, null],
  ['a body that is no text', { statusCode: 200, body: { a: 1 } }, null],
])('%s as a result', (_, payload, expected) => {
  expect(told(payload)).toEqual(expected);
});

it('sets each cookie by itself', () => {
  expect(
    toHttpResponse({ statusCode: 200, cookies: ['a=1', 'b=2; Secure'] })?.headers.all('set-cookie'),
  ).toEqual(['a=1', 'b=2; Secure']);
});
