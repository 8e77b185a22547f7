import * as fc from 'fast-check';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { createKeySets } from './key-sets.ts';
import {
  createIssuer,
  createKey,
  goodClaims,
  noon,
  policy,
  signToken,
  type TestIssuer,
  type TestKey,
} from './testing.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

let rsa: TestKey;
let ec: TestKey;
let okp: TestKey;
let issuer: TestIssuer;
let verifier: TokenVerifier;
beforeAll(async () => {
  [rsa, ec, okp] = await Promise.all([
    createKey('RS256', 'rsa'),
    createKey('ES256', 'ec'),
    createKey('EdDSA', 'okp'),
  ]);
  issuer = createIssuer(rsa, ec, okp);
  verifier = createTokenVerifier(createKeySets({ fetch: issuer.fetch, onFailure: () => undefined }));
});

const verify = (token: string, at = noon) => verifier.verify(token, policy, at);
const refused = (because: string) => ({ kind: 'refused', because });

test('each algorithm of the policy verifies', async () => {
  for (const key of [rsa, ec, okp]) {
    expect(await verify(await signToken(key))).toMatchObject({
      kind: 'verified',
      token: { identity: { userId: 'ada' }, expiresAtSeconds: noon / 1_000 + 300, notBeforeSeconds: 0 },
    });
  }
});

test('the audience may be one of several', async () => {
  expect(await verify(await signToken(ec, { aud: ['other', 'store-api'] }))).toMatchObject({
    kind: 'verified',
  });
});

test.each([
  ['of another issuer', { iss: 'https://evil.example.com' }, 'unknown-issuer'],
  ['without an issuer', { iss: undefined }, 'unknown-issuer'],
  ['for another audience', { aud: 'other' }, 'wrong-audience'],
  ['for several other audiences', { aud: ['a', 'b'] }, 'wrong-audience'],
  ['without an audience', { aud: undefined }, 'wrong-audience'],
  ['that has expired', { exp: noon / 1_000 }, 'token-expired'],
  ['without an expiry', { exp: undefined }, 'bad-claims'],
  ['with an expiry that is no number', { exp: 'tomorrow' }, 'bad-claims'],
  ['that is not valid yet', { nbf: noon / 1_000 + 1 }, 'token-not-yet-valid'],
  ['with a start that is no number', { nbf: 'soon' }, 'bad-claims'],
  ['without a subject', { sub: undefined }, 'bad-claims'],
  ['whose subject breaks out of a header', { sub: 'a\r\nb' }, 'bad-claims'],
])('a token %s is refused', async (_, claims, because) => {
  expect(await verify(await signToken(ec, claims))).toEqual(refused(because));
});

test('a token is good from its first second until its last, without tolerance', async () => {
  const token = await signToken(ec, { nbf: noon / 1_000, exp: noon / 1_000 + 1 });
  expect((await verify(token, noon - 1)).kind).toBe('refused');
  expect((await verify(token, noon)).kind).toBe('verified');
  expect((await verify(token, noon + 999)).kind).toBe('verified');
  expect((await verify(token, noon + 1_000)).kind).toBe('refused');
});

test('an algorithm that the policy does not name is refused, whatever the key', async () => {
  const { privateKey } = await generateKeyPair('RS512');
  const rs512 = await new SignJWT(goodClaims)
    .setProtectedHeader({ alg: 'RS512', kid: 'rsa' })
    .sign(privateKey);
  expect(await verify(rs512)).toEqual(refused('algorithm-not-allowed'));
  expect(await verify(`${new UnsecuredJWT(goodClaims).encode()}AA`)).toEqual(
    refused('algorithm-not-allowed'),
  );
  // The public key as the secret of an HMAC: the classic confusion.
  const secret = new TextEncoder().encode(JSON.stringify(rsa.publicJwk));
  const hmac = await new SignJWT(goodClaims).setProtectedHeader({ alg: 'HS256', kid: 'rsa' }).sign(secret);
  expect(await verify(hmac)).toEqual(refused('algorithm-not-allowed'));
  // Good for the first issuer, not for the second.
  const other = await signToken(rsa, { iss: 'https://other.example.com' });
  expect(await verify(other)).toEqual(refused('algorithm-not-allowed'));
});

test('a key is not tried for another algorithm', async () => {
  const token = await signToken({ ...ec, kid: 'rsa' });
  expect(await verify(token)).toEqual(refused('unknown-key'));
});

test('a signature of another key, or over other claims, is refused', async () => {
  const stranger = await createKey('ES256', 'ec');
  expect(await verify(await signToken(stranger))).toEqual(refused('bad-signature'));
  const [header, , signature] = (await signToken(ec)).split('.');
  const forged = Buffer.from(JSON.stringify({ ...goodClaims, sub: 'eve' })).toString('base64url');
  expect(await verify(`${header}.${forged}.${signature}`)).toEqual(refused('bad-signature'));
});

test('a key too short for its algorithm (RFC 7518 section 3.3) is not taken', async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 1_024,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ['sign', 'verify'],
  );
  const jwk = await crypto.subtle.exportKey('jwk', publicKey);
  const weak = createIssuer();
  weak.keys = [{ kty: 'RSA', n: jwk.n ?? '', e: jwk.e ?? '', kid: 'weak', alg: 'RS256' }];
  const input = [{ alg: 'RS256', kid: 'weak' }, goodClaims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(input));
  const itsVerifier = createTokenVerifier(createKeySets({ fetch: weak.fetch, onFailure: () => undefined }));
  const token = `${input}.${Buffer.from(signature).toString('base64url')}`;
  expect(await itsVerifier.verify(token, policy, noon)).toEqual(refused('unknown-key'));
});

test('a critical header is refused, since none is understood', async () => {
  const token = await new SignJWT(goodClaims)
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })
    .sign(ec.privateKey, { crit: { x: true } });
  expect(await verify(token)).toEqual(refused('unsupported-header'));
});

test("an issuer that is away is not the caller's fault", async () => {
  const away = createIssuer();
  away.isAway = true;
  const itsVerifier = createTokenVerifier(createKeySets({ fetch: away.fetch, onFailure: () => undefined }));
  expect(await itsVerifier.verify(await signToken(ec), policy, noon)).toEqual({ kind: 'unavailable' });
});

test('no arbitrary text is verified, and none throws', async () => {
  const base64url = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const header = fc
    .record({
      alg: fc.constantFrom('RS256', 'ES256', 'EdDSA', 'none', 'HS256'),
      kid: fc.constantFrom('rsa', 'ec', 'x'),
    })
    .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const claims = fc
    .record({
      iss: fc.constant('https://id.example.com'),
      sub: fc.string(),
      exp: fc.integer(),
      aud: fc.anything(),
    })
    .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const part = fc.oneof(base64url, json);
  const token = fc.oneof(
    fc.string(),
    fc.tuple(part, part, part).map((parts) => parts.join('.')),
    fc.tuple(header, fc.oneof(claims, part), base64url).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      expect((await verify(text)).kind).toBe('refused');
    }),
    { numRuns: 300 },
  );
});

test('a token with one letter changed is not verified', async () => {
  const token = await signToken(okp);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom('A', 'Q', 'g', 'w', 'z', '_', '-', '.'),
      async (at, letter) => {
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        const same = Buffer.from(changed, 'base64url').equals(Buffer.from(token, 'base64url'));
        fc.pre(changed !== token && !same && changed.at(-1) === token.at(-1));
        expect((await verify(changed)).kind).toBe('refused');
      },
    ),
  );
});
