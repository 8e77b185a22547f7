import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBearerToken } from './bearer-token.ts';
import { readRequest } from './request.ts';

const read = (authorization: string, hasTokenInQuery = false) =>
  readBearerToken({ ...readRequest({}), authorization, hasTokenInQuery });

test.each(['Bearer', 'bearer', 'BEARER'])('the scheme "%s" is taken in any case', (scheme) => {
  expect(read(`${scheme} aaaa.bbbb.cccc`)).toEqual({ kind: 'token', token: 'aaaa.bbbb.cccc' });
});

test.each(['', 'Basic YTpi', 'Bearer', 'Bearer\taaaa.bbbb.cccc', ' Bearer aaaa.bbbb.cccc', 'Bearertoken'])(
  '"%s" carries no bearer token',
  (authorization) => {
    expect(read(authorization)).toEqual({ kind: 'none' });
    expect(read(authorization, true)).toEqual({ kind: 'none' });
  },
);

test.each([
  'Bearer ',
  'Bearer  aaaa.bbbb.cccc',
  'Bearer aaaa.bbbb.cccc ',
  'Bearer aaaa.bbbb.cccc dddd',
  'Bearer aaaa.bbbb',
  'Bearer aaaa.bbbb.',
  'Bearer aaaa.bbbb.cccc.dddd.eeee',
  'Bearer aaaa.bbbb.ccc=',
  'Bearer aaaa.bbbb.cc+c',
  'Bearer aaaa.bbbb.cc/c',
  'Bearer aaaa.bbbb.ccccc',
  'Bearer aaaa.bbbb.cB',
  'Bearer aaaa.bbbb.ccB',
  `Bearer aaaa.${'b'.repeat(8_192)}.cccc`,
])('"%s" is not written as a token is', (authorization) => {
  expect(read(authorization)).toEqual({ kind: 'faulty', because: 'malformed-token' });
});

test('two tokens are refused, wherever they are', () => {
  const several = { kind: 'faulty', because: 'several-tokens' };
  expect(read('Bearer aaaa.bbbb.cccc,Bearer aaaa.bbbb.cccc')).toEqual(several);
  expect(read('Bearer aaaa.bbbb.cccc, Basic YTpi')).toEqual(several);
  expect(read('Bearer aaaa.bbbb.cccc', true)).toEqual(several);
});

test('a part is taken in its one spelling only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const part = Buffer.from(bytes).toString('base64url');
      expect(read(`Bearer aaaa.bbbb.${part}`)).toMatchObject({ kind: 'token' });
      const otherSpellings = Array.from('ABCDwxyz0189-_')
        .map((last) => part.slice(0, -1) + last)
        .filter((other) => other !== part && Buffer.from(other, 'base64url').equals(bytes));
      for (const other of otherSpellings) expect(read(`Bearer aaaa.bbbb.${other}`).kind).toBe('faulty');
    }),
  );
});
