import { createPublicKey, createSecretKey, type KeyObject, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KeySetIssuer } from '../contracts/gateway-contract.ts';
import { isSigned, isSignedByHmac } from './jws-signature.ts';
import { createKeySets } from './key-sets.ts';
import { issuers, noon } from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';

/**
 * The examples of RFC 7520 section 4. Their payload is a sentence and not a claims set, so no token verifies
 * as a whole.
 */
const payload =
  'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9h' +
  'ZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3' +
  'ZXB0IG9mZiB0by4';

const kid = 'bilbo.baggins@hobbiton.example';

/** Figure 4 of section 3.3. */
const rsaKey = {
  kty: 'RSA',
  kid,
  use: 'sig',
  e: 'AQAB',
  n:
    'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKr' +
    'Kb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5l' +
    'FHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__' +
    'kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
};

/** Figure 1 of section 3.1. */
const p521Key = {
  kty: 'EC',
  kid,
  use: 'sig',
  crv: 'P-521',
  x: 'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt',
  y: 'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1',
};

const signed = [
  {
    example: '4.1, RSA v1.5',
    alg: 'RS256',
    header: 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9',
    signature:
      'MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB' +
      '-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxn' +
      't8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcI' +
      'e8u9ipH84ogoree7vjbU5y18kDquDg',
  },
  {
    example: '4.2, RSA-PSS',
    alg: 'PS384',
    header: 'eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9',
    signature:
      'cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6' +
      '_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3' +
      'lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6G' +
      'YmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw',
  },
] as const;

/** Each changed in one of its three parts. */
const tampered = ([header, body, signature]: readonly [string, string, string]) => [
  [header.replace('Y', 'Z'), body, signature],
  [header, body.replace('Y', 'Z'), signature],
  [header, body, `${signature.slice(0, -2)}AA`],
];

test.each(signed)(
  'RFC 7520 $example: finds the key in a key set, and accepts only the signed text',
  async ({ alg, header, signature }) => {
    const keySets = createKeySets({ fetch: async () => ({ keys: [rsaKey] }), onFailure: () => undefined });
    const answer = await keySets.find(issuers[0] as KeySetIssuer, { alg, kid }, noon);
    if (answer.kind !== 'keys') throw new Error(answer.kind);
    const [key] = answer.keys as [KeyObject];
    expect(isSigned([header, payload, signature].join('.'), alg, key)).toBe(true);
    for (const parts of tampered([header, payload, signature])) {
      expect(isSigned(parts.join('.'), alg, key)).toBe(false);
    }
  },
);

test('RFC 7520 4.3, ECDSA with P-521: a valid signature, whose algorithm is not supported and has no key', async () => {
  const header = 'eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9';
  const signature =
    'AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDy' +
    'YjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2';
  const key = createPublicKey({ key: p521Key, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  const input = Buffer.from(`${header}.${payload}`);
  expect(verify('sha512', input, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);

  const keySets = createKeySets({ fetch: async () => ({ keys: [p521Key] }), onFailure: () => undefined });
  const claims = Buffer.from(JSON.stringify({ iss: issuers[0]?.issuer })).toString('base64url');
  const result = await createTokenVerifier(keySets).verify(
    [header, claims, signature].join('.'),
    { version: 'v1', issuers },
    noon,
  );
  expect(result).toEqual({ kind: 'refused', reason: 'algorithm-not-allowed' });
  for (const alg of ['ES256', 'ES384'] as const) {
    expect(await keySets.find(issuers[0] as KeySetIssuer, { alg, kid }, noon)).toEqual({ kind: 'no-key' });
  }
});

test('RFC 7520 4.4, HMAC with SHA-2: accepts only the text that the secret signed', () => {
  const header = 'eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9';
  const signature = 's0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0';
  const key = createSecretKey('hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg', 'base64url');
  expect(isSignedByHmac([header, payload, signature].join('.'), 'HS256', key)).toBe(true);
  for (const parts of tampered([header, payload, signature])) {
    expect(isSignedByHmac(parts.join('.'), 'HS256', key)).toBe(false);
  }
});
