import { generateKeyPairSync, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { type KeySetIssuer, signingAlgorithms } from '../contracts/gateway-contract.ts';
import { createKeySets } from './key-sets.ts';
import {
  createIssuer,
  createKey,
  goodClaims,
  issuers,
  noon,
  signToken,
  type TestIssuer,
  type TestKey,
} from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './verification.ts';

const policy = { version: 'v1', issuers };

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
const refused = (reason: string) => ({ kind: 'refused', reason });

test('verifies each algorithm of the policy', async () => {
  for (const key of [rsa, ec, okp]) {
    expect(await verify(await signToken(key))).toMatchObject({
      kind: 'verified',
      token: { identity: { userId: 'ada' }, expiresAtSeconds: noon / 1_000 + 300, notBeforeSeconds: 0 },
    });
  }
});

test('accepts an audience among several', async () => {
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
  ['with an expiry that is not a number', { exp: 'tomorrow' }, 'bad-claims'],
  ['that is not valid yet', { nbf: noon / 1_000 + 1 }, 'token-not-yet-valid'],
  ['with a start that is not a number', { nbf: 'soon' }, 'bad-claims'],
  ['without a subject', { sub: undefined }, 'bad-claims'],
  ['whose subject breaks out of a header', { sub: 'a\r\nb' }, 'bad-claims'],
])('refuses a token %s', async (_, claims, reason) => {
  expect(await verify(await signToken(ec, claims))).toEqual(refused(reason));
});

test('accepts a token from its first second until its last, without tolerance', async () => {
  const token = await signToken(ec, { nbf: noon / 1_000, exp: noon / 1_000 + 1 });
  expect((await verify(token, noon - 1)).kind).toBe('refused');
  expect((await verify(token, noon)).kind).toBe('verified');
  expect((await verify(token, noon + 999)).kind).toBe('verified');
  expect((await verify(token, noon + 1_000)).kind).toBe('refused');
});

test('refuses an algorithm that the policy does not name, whatever the key', async () => {
  const { privateKey } = await generateKeyPair('RS512');
  const rs512 = await new SignJWT({ ...goodClaims, iss: 'https://other.example.com' })
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
  // Valid for the first issuer, not for the second.
  const other = await signToken(rsa, { iss: 'https://other.example.com' });
  expect(await verify(other)).toEqual(refused('algorithm-not-allowed'));
});

test('does not try a key for another algorithm', async () => {
  const token = await signToken({ ...ec, kid: 'rsa' });
  expect(await verify(token)).toEqual(refused('unknown-key'));
});

test('refuses a signature of another key, or over other claims', async () => {
  const stranger = await createKey('ES256', 'ec');
  expect(await verify(await signToken(stranger))).toEqual(refused('bad-signature'));
  const [header, , signature] = (await signToken(ec)).split('.');
  const forged = Buffer.from(JSON.stringify({ ...goodClaims, sub: 'eve' })).toString('base64url');
  expect(await verify(`${header}.${forged}.${signature}`)).toEqual(refused('bad-signature'));
});

test('skips a key that is too short for its algorithm (RFC 7518 section 3.3)', async () => {
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

test('refuses a critical header, because none is supported', async () => {
  const token = await new SignJWT(goodClaims)
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })
    .sign(ec.privateKey, { crit: { x: true } });
  expect(await verify(token)).toEqual(refused('unsupported-header'));
});

test('does not blame the caller for an unavailable issuer', async () => {
  const unavailable = createIssuer();
  unavailable.isUnavailable = true;
  const itsVerifier = createTokenVerifier(
    createKeySets({ fetch: unavailable.fetch, onFailure: () => undefined }),
  );
  expect(await itsVerifier.verify(await signToken(ec), policy, noon)).toEqual({ kind: 'unavailable' });
});

test('neither verifies an arbitrary text nor throws', async () => {
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

test('refuses a token with one letter changed', async () => {
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

test('verifies every algorithm of the contract with its own key, and with no other', async () => {
  const keys = await Promise.all(signingAlgorithms.map((alg) => createKey(alg, alg)));
  const itsVerifier = verifierOf(createIssuer(...keys));
  for (const key of keys) {
    expect((await itsVerifier.verify(await signToken(key), policy, noon)).kind).toBe('verified');
    const claimed = keys.find(({ alg }) => alg !== key.alg) ?? key;
    const forged = await signToken({ ...key, kid: claimed.kid });
    expect((await itsVerifier.verify(forged, policy, noon)).kind).toBe('refused');
  }
});

test('uses a key only for its declared use and operations', async () => {
  const key = await createKey('ES256', 'ec');
  for (const part of [{ use: 'enc' }, { key_ops: ['sign'] }, { alg: 'ES384' }]) {
    const itsIssuer = createIssuer({ ...key, publicJwk: { ...key.publicJwk, ...part } });
    const result = await verifierOf(itsIssuer).verify(await signToken(key), policy, noon);
    expect(result).toEqual(refused('unknown-key'));
  }
});

test('skips an RSA key that is too short at load, and uses the others', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const weak = { ...(await exportJWK(publicKey)), kid: 'weak', alg: 'RS256', use: 'sig' };
  const itsIssuer = createIssuer(ec);
  itsIssuer.keys = [weak, ...itsIssuer.keys];
  const keySets = createKeySets({ fetch: itsIssuer.fetch, onFailure: () => undefined });
  const header = { alg: 'RS256', kid: 'weak' } as const;
  expect(await keySets.find(issuers[0] as KeySetIssuer, header, noon)).toEqual({ kind: 'no-key' });
  const [head, body] = (await signToken(rsa)).split('.');
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), privateKey).toString('base64url');
  const itsVerifier = createTokenVerifier(keySets);
  expect((await itsVerifier.verify(`${head}.${body}.${signature}`, policy, noon)).kind).toBe('refused');
  expect((await itsVerifier.verify(await signToken(ec), policy, noon)).kind).toBe('verified');
});

test("limits the lifetime of a token to its issuer's maximum, by its time of issue or else from now", async () => {
  const [, other] = issuers;
  const seconds = noon / 1_000;
  const result = async (iat: number | undefined, exp: number) =>
    verify(await signToken(ec, { iss: other?.issuer, iat, exp }));
  expect((await result(seconds, seconds + 3_600)).kind).toBe('verified');
  expect(await result(seconds, seconds + 3_601)).toEqual(refused('lifetime-too-long'));
  expect((await result(undefined, seconds + 3_600)).kind).toBe('verified');
  expect(await result(undefined, seconds + 3_601)).toEqual(refused('lifetime-too-long'));
});

test("tolerates a difference of the issuer's clock", async () => {
  const [, other] = issuers;
  const seconds = noon / 1_000;
  const token = await signToken(ec, { iss: other?.issuer, nbf: seconds, exp: seconds + 60 });
  expect((await verify(token, noon - 5_000)).kind).toBe('verified');
  expect((await verify(token, noon - 6_001)).kind).toBe('refused');
  expect((await verify(token, noon + 64_000)).kind).toBe('verified');
  expect((await verify(token, noon + 65_001)).kind).toBe('refused');
});

test('names a token for revocation by its jti, or by a digest when it has no valid one', async () => {
  const idOf = async (claims: Record<string, unknown>) => {
    const result = await verify(await signToken(ec, claims));
    return result.kind === 'verified' ? result.token : undefined;
  };
  expect(await idOf({ jti: 'a-1' })).toMatchObject({
    tokenId: 'a-1',
    identity: { checks: [{ name: 'everything' }, { name: 'client:web' }, { name: 'token:a-1' }] },
  });
  for (const jti of [undefined, '', 'x'.repeat(129), 'a b', 7]) {
    expect((await idOf({ jti }))?.tokenId).toMatch(/^[\w-]{43}$/);
  }
});

test('checks clients, and scopes as permissions, for an issuer without audience, as Cognito', async () => {
  const pool = {
    ...(issuers[0] as KeySetIssuer),
    audience: null,
    clientIds: ['app'],
    scopePrefix: 'store-api/',
  };
  const ask = async (claims: Record<string, unknown>) => {
    const token = await signToken(ec, { aud: undefined, permissions: undefined, ...claims });
    return verifier.verify(token, { version: 'v1', issuers: [pool] }, noon);
  };
  const scope = 'openid store-api/orders:read other/orders:write';
  expect(await ask({ client_id: 'app', scope })).toMatchObject({
    kind: 'verified',
    token: { identity: { clientId: 'app', grants: ['orders:read'] } },
  });
  for (const client_id of ['another', undefined, ['app']]) {
    expect(await ask({ client_id, scope })).toEqual(refused('wrong-client'));
  }
  // An identity token names the client as its audience, and is not an access token.
  expect(await ask({ client_id: undefined, aud: 'app', token_use: 'id' })).toEqual(refused('wrong-client'));
});

function verifierOf(itsIssuer: TestIssuer): TokenVerifier {
  return createTokenVerifier(createKeySets({ fetch: itsIssuer.fetch, onFailure: () => undefined }));
}
