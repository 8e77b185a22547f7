import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRequest } from '../decision/gateway-request.ts';
import { readBearerToken } from './bearer-token.ts';

const read = (authorization: string, hasTokenInQuery = false) =>
  readBearerToken({ ...readRequest({}), authorization, hasTokenInQuery });

test.each(['Bearer', 'bearer', 'BEARER'])('accepts the scheme "%s" in any case', (scheme) => {
  expect(read(`${scheme} aaaa.bbbb.cccc`)).toEqual({ kind: 'token', token: 'aaaa.bbbb.cccc' });
});

test('accepts one space or more after the scheme (RFC 6750 section 2.1)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (spaces) => {
      const authorization = `Bearer${' '.repeat(spaces)}aaaa.bbbb.cccc`;
      expect(read(authorization)).toEqual({ kind: 'token', token: 'aaaa.bbbb.cccc' });
    }),
  );
});

test.each(['', 'Basic YTpi', ' Bearer aaaa.bbbb.cccc', 'Bearertoken', 'Bearer-MAC aaaa', 'Bear'])(
  'finds no bearer token in "%s"',
  (authorization) => {
    expect(read(authorization)).toEqual({ kind: 'none' });
    expect(read(authorization, true)).toEqual({ kind: 'none' });
  },
);

test.each([
  'Bearer',
  'Bearer ',
  'Bearer\taaaa.bbbb.cccc',
  'Bearer \taaaa.bbbb.cccc',
  'Bearer aaaa.bbbb.cccc ',
  'Bearer aaaa.bbbb.cccc dddd',
  'Bearer aaaa.b=bb.cccc',
  'Bearer "aaaa.bbbb.cccc"',
  'Bearer token=aaaa.bbbb.cccc x',
  'Bearer äaaa.bbbb.cccc',
  'Bearer aaaa.bbbb.cccc\u0000',
])('refuses "%s" as malformed', (authorization) => {
  expect(read(authorization)).toEqual({ kind: 'faulty', reason: 'malformed-credential' });
});

test.each(['Bearer nonsense', 'Bearer aaaa.bbbb', 'Bearer aaaa.bbbb.ccc=', 'Bearer a+b/c'])(
  'leaves "%s" to the verifier, because its form is valid',
  (authorization) => {
    expect(read(authorization)).toMatchObject({ kind: 'token' });
  },
);

test('refuses two tokens, wherever they are', () => {
  const several = { kind: 'faulty', reason: 'several-tokens' };
  expect(read('Bearer aaaa.bbbb.cccc,Bearer aaaa.bbbb.cccc')).toEqual(several);
  expect(read('Bearer aaaa.bbbb.cccc, Basic YTpi')).toEqual(several);
  expect(read('Bearer aaaa.bbbb.cccc', true)).toEqual(several);
});
