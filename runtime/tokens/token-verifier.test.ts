import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { type KeySetIssuer, signingAlgorithms } from '../contracts/gateway-contract.ts';
import { isSigned } from './jws-signature.ts';
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
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

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
])('a token %s is refused', async (_, claims, reason) => {
  expect(await verify(await signToken(ec, claims))).toEqual(refused(reason));
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
  away.isUnavailable = true;
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

test('every algorithm of the contract verifies with a key of its own, and with no other', async () => {
  const keys = await Promise.all(signingAlgorithms.map((alg) => createKey(alg, alg)));
  const itsVerifier = verifierOf(createIssuer(...keys));
  for (const key of keys) {
    expect((await itsVerifier.verify(await signToken(key), policy, noon)).kind).toBe('verified');
    const claimed = keys.find(({ alg }) => alg !== key.alg) ?? key;
    const forged = await signToken({ ...key, kid: claimed.kid });
    expect((await itsVerifier.verify(forged, policy, noon)).kind).toBe('refused');
  }
});

test('a key counts for what its use and operations say', async () => {
  const key = await createKey('ES256', 'ec');
  for (const part of [{ use: 'enc' }, { key_ops: ['sign'] }, { alg: 'ES384' }]) {
    const itsIssuer = createIssuer({ ...key, publicJwk: { ...key.publicJwk, ...part } });
    const result = await verifierOf(itsIssuer).verify(await signToken(key), policy, noon);
    expect(result).toEqual(refused('unknown-key'));
  }
});

test('an RSA key that is too short is dropped at load, and its neighbours count', async () => {
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

test('a token lives no longer than its issuer says, by its own time of issue or else from now', async () => {
  const [, other] = issuers;
  const seconds = noon / 1_000;
  const result = async (iat: number | undefined, exp: number) =>
    verify(await signToken(ec, { iss: other?.issuer, iat, exp }));
  expect((await result(seconds, seconds + 3_600)).kind).toBe('verified');
  expect(await result(seconds, seconds + 3_601)).toEqual(refused('lifetime-too-long'));
  expect((await result(undefined, seconds + 3_600)).kind).toBe('verified');
  expect(await result(undefined, seconds + 3_601)).toEqual(refused('lifetime-too-long'));
});

test("an issuer's clock may differ by its tolerance", async () => {
  const [, other] = issuers;
  const seconds = noon / 1_000;
  const token = await signToken(ec, { iss: other?.issuer, nbf: seconds, exp: seconds + 60 });
  expect((await verify(token, noon - 5_000)).kind).toBe('verified');
  expect((await verify(token, noon - 6_001)).kind).toBe('refused');
  expect((await verify(token, noon + 64_000)).kind).toBe('verified');
  expect((await verify(token, noon + 65_001)).kind).toBe('refused');
});

test('a token is revoked by its jti, or by a digest where that is none to speak of', async () => {
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

test('an issuer without audience, as Cognito: its clients, and its scopes as permissions', async () => {
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
  // An identity token names the client as its audience, and is no access token.
  expect(await ask({ client_id: undefined, aud: 'app', token_use: 'id' })).toEqual(refused('wrong-client'));
});

const joe = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const rsaModulus =
  'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ' +
  'S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2' +
  'R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD' +
  'TW9gb54h4FRWyuXpoQ';

/** The examples that this profile can verify; those with HMAC, ES512 or `none` are refused by their algorithm. */
const standards = [
  {
    example: 'RFC 7515 A.2',
    alg: 'RS256',
    jwk: { kty: 'RSA', e: 'AQAB', n: rsaModulus },
    jws:
      `eyJhbGciOiJSUzI1NiJ9.${joe}.` +
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU' +
      'Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d' +
      'O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig' +
      'cN_IoypGlUPQGe77Rw',
  },
  {
    example: 'RFC 7515 A.3',
    alg: 'ES256',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    jws: `eyJhbGciOiJFUzI1NiJ9.${joe}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  },
  {
    example: 'RFC 8037 A.4',
    alg: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    jws:
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
] as const;

test.each(standards)('$example: its key is found and verifies its signature', async ({ alg, jwk, jws }) => {
  const keySets = createKeySets({ fetch: async () => ({ keys: [jwk] }), onFailure: () => undefined });
  const answer = await keySets.find(issuers[0] as KeySetIssuer, { alg, kid: undefined }, noon);
  if (answer.kind !== 'keys') throw new Error(answer.kind);
  const [key] = answer.keys as [KeyObject];
  expect(isSigned(jws, alg, key)).toBe(true);
  expect(isSigned(jws.replace(/^e/, 'f'), alg, key)).toBe(false);
});

test.each(standards.slice(0, 2))(
  '$example: the verifier sees past the signature, and only then',
  async ({ jwk, jws }) => {
    const itsVerifier = createTokenVerifier(
      createKeySets({ fetch: async () => ({ keys: [jwk] }), onFailure: () => undefined }),
    );
    const joes = { version: 'v1', issuers: [{ ...(issuers[0] as KeySetIssuer), issuer: 'joe' }] };
    // They name no audience.
    const reason = await itsVerifier.verify(jws, joes, 0);
    expect(reason).toEqual(refused('wrong-audience'));
    const forged = jws.replace(/.{4}$/, 'AAAA');
    expect(await itsVerifier.verify(forged, joes, 0)).toEqual(refused('bad-signature'));
  },
);

test('RFC 7515 A.1 and A.5: HMAC and none are refused, whatever they say', async () => {
  const hmac = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${joe}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
  const joes = { version: 'v1', issuers: [{ ...(issuers[0] as KeySetIssuer), issuer: 'joe' }] };
  expect(await verifier.verify(hmac, joes, 0)).toEqual(refused('algorithm-not-allowed'));
  expect((await verifier.verify(`eyJhbGciOiJub25lIn0.${joe}.`, joes, 0)).kind).toBe('refused');
});

function verifierOf(itsIssuer: TestIssuer): TokenVerifier {
  return createTokenVerifier(createKeySets({ fetch: itsIssuer.fetch, onFailure: () => undefined }));
}
