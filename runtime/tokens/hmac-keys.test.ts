import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import {
  type HmacAlgorithm,
  type HmacIssuer,
  hmacAlgorithms,
  type TokenPolicy,
} from '../contracts/gateway-contract.ts';
import { createHmacKeys } from './hmac-keys.ts';
import { clientCallerKey } from './identity.ts';
import { createKeySets } from './key-sets.ts';
import { createIssuer, createKey, goodClaims, issuers, noon, signToken } from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './verification.ts';

const partner: HmacIssuer = {
  issuer: 'acme-erp',
  bounds: {
    name: 'acme-erp',
    hasNamespacedSubjects: true,
    permissions: ['orders:*'],
    plan: null,
    roles: [],
    emailDomains: [],
  },
  secretId: 'gatehouse/test/token-secret/acme-erp',
  audience: 'store-api',
  clientIds: ['acme-erp'],
  scopePrefix: '',
  algorithms: ['HS256'],
  clockToleranceSeconds: 0,
  maxLifetimeSeconds: 3_600,
};
const another: HmacIssuer = {
  ...partner,
  issuer: 'globex',
  bounds: { ...partner.bounds, name: 'globex' },
  secretId: 'gatehouse/test/token-secret/globex',
  clientIds: ['globex'],
};
const policy: TokenPolicy = { version: 'v1', issuers: [...issuers, partner, another] };
const claims = { ...goodClaims, iss: 'acme-erp', client_id: 'acme-erp' };
const refused = (reason: string) => ({ kind: 'refused', reason });

const rsa = await createKey('RS256', 'rsa');
const [old, current, others] = ['o', 'c', 'x'].map((letter) => letter.repeat(64)) as [string, string, string];

let secrets: Record<string, readonly string[]>;
let isUnavailable: boolean;
let reads: number;
let tooShort: [string, number][];
let failures: string[];
beforeEach(() => {
  secrets = { [partner.secretId]: [current], [another.secretId]: [others] };
  isUnavailable = false;
  reads = 0;
  tooShort = [];
  failures = [];
});

function verifierOf(itsPolicy = policy): TokenVerifier {
  const keySets = createKeySets({ fetch: createIssuer(rsa).fetch, onFailure: () => undefined });
  const hmacKeys = createHmacKeys(itsPolicy.issuers, {
    readSecret: (secretId) => {
      reads += 1;
      return isUnavailable
        ? Promise.reject(new Error('unavailable'))
        : Promise.resolve(secrets[secretId] ?? []);
    },
    onFailure: (secretId) => failures.push(secretId),
    onShortKey: (secretId, minBytes) => tooShort.push([secretId, minBytes]),
  });
  return createTokenVerifier(keySets, hmacKeys);
}

function hmacToken(secret: string | Uint8Array, part: object = {}, alg: string = 'HS256'): Promise<string> {
  return new SignJWT({ ...claims, ...part })
    .setProtectedHeader({ alg, kid: 'rsa' })
    .sign(typeof secret === 'string' ? Buffer.from(secret) : secret);
}

test.each(hmacAlgorithms)("verifies a token with its issuer's secret and %s", async (algorithm) => {
  const itsPolicy = { version: 'v1', issuers: [{ ...partner, algorithms: [algorithm] }] };
  const verifier = verifierOf(itsPolicy);
  expect(await verifier.verify(await hmacToken(current, {}, algorithm), itsPolicy, noon)).toMatchObject({
    kind: 'verified',
    token: {
      identity: { userId: 'acme-erp|ada', clientId: 'acme-erp', caller: clientCallerKey('acme-erp') },
    },
  });
  for (const alg of hmacAlgorithms.filter((other) => other !== algorithm)) {
    const result = await verifier.verify(await hmacToken(current, {}, alg), itsPolicy, noon);
    expect(result).toEqual(refused('algorithm-not-allowed'));
  }
});

test.each([
  ['with the secret of another issuer', () => hmacToken(others), 'bad-signature'],
  ['with no secret at all', () => hmacToken('n'.repeat(64)), 'bad-signature'],
  ['of another client', () => hmacToken(current, { client_id: 'web' }), 'wrong-client'],
  ['without a client', () => hmacToken(current, { client_id: undefined }), 'wrong-client'],
  ['for another audience', () => hmacToken(current, { aud: 'other' }), 'wrong-audience'],
  ['that has expired', () => hmacToken(current, { exp: noon / 1_000 }), 'token-expired'],
])('refuses a token %s', async (_, sign, reason) => {
  expect(await verifierOf().verify(await sign(), policy, noon)).toEqual(refused(reason));
});

test('accepts only one spelling of a signature', async () => {
  const token = await hmacToken(current);
  const verifier = verifierOf();
  const last = token.at(-1) ?? '';
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .';
  for (const letter of letters) {
    const result = await verifier.verify(token.slice(0, -1) + letter, policy, noon);
    expect(result.kind).toBe(letter === last ? 'verified' : 'refused');
  }
  for (const spelling of [`${token}=`, ` ${token}`, `${token}\n`, token.slice(0, -10)]) {
    expect((await verifier.verify(spelling, policy, noon)).kind).toBe('refused');
  }
});

test("refuses an HMAC made with a public key in any form, for that key's issuer", async () => {
  const key = createPublicKey({ key: rsa.publicJwk, format: 'jwk' });
  const forms = [
    key.export({ type: 'spki', format: 'pem' }),
    key.export({ type: 'pkcs1', format: 'pem' }),
    key.export({ type: 'spki', format: 'der' }),
    key.export({ type: 'pkcs1', format: 'der' }),
    JSON.stringify(rsa.publicJwk),
    rsa.publicJwk.n ?? '',
    Buffer.from(rsa.publicJwk.n ?? '', 'base64url'),
  ];
  const verifier = verifierOf();
  for (const alg of hmacAlgorithms) {
    for (const form of forms) {
      const token = await hmacToken(form, { iss: goodClaims.iss, client_id: 'web' }, alg);
      expect(await verifier.verify(token, policy, noon)).toEqual(refused('algorithm-not-allowed'));
    }
  }
});

test("verifies no token of an issuer with keys by another's secret, nor the other way round", async () => {
  const verifier = verifierOf();
  const hmac = await hmacToken(current, { iss: goodClaims.iss });
  expect(await verifier.verify(hmac, policy, noon)).toEqual(refused('algorithm-not-allowed'));
  const signed = await signToken(rsa, { iss: 'acme-erp', client_id: 'acme-erp' });
  expect(await verifier.verify(signed, policy, noon)).toEqual(refused('algorithm-not-allowed'));
  // The same holds for a policy that names both kinds, which only a fault can produce: the kind of the issuer
  // decides.
  const algorithms = ['HS256', 'RS256'] as unknown as readonly HmacAlgorithm[];
  const muddled = { version: 'v1', issuers: [{ ...partner, algorithms }] };
  expect((await verifierOf(muddled).verify(signed, muddled, noon)).kind).toBe('refused');
  const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  secrets[partner.secretId] = [pair.publicKey.export({ type: 'spki', format: 'pem' }) as string];
  const rs256 = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(pair.privateKey);
  expect((await verifierOf(muddled).verify(rs256, muddled, noon)).kind).toBe('refused');
});

test.each(['none', 'None', 'NONE', 'nOnE', ' none', 'none ', '', null, 0, ['none'], undefined])(
  'refuses alg %j for either kind of issuer, with a signature and without',
  async (alg) => {
    const verifier = verifierOf();
    for (const iss of ['acme-erp', goodClaims.iss]) {
      const [header, body] = [
        { alg, typ: 'JWT' },
        { ...claims, iss },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      for (const signature of ['', 'AA', (await hmacToken(current)).split('.')[2]]) {
        expect((await verifier.verify(`${header}.${body}.${signature}`, policy, noon)).kind).toBe('refused');
      }
    }
    expect(reads).toBe(0);
  },
);

test.each(['hs256', 'HS1', 'HS2560', 'HS256 '])('reads %j as another algorithm than HS256', async (alg) => {
  const [, body] = (await hmacToken(current)).split('.');
  const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
  const result = await verifierOf().verify(`${header}.${body}.AA`, policy, noon);
  expect(result).toEqual(refused('algorithm-not-allowed'));
});

test('accepts both values during a rotation, and no longer the value before them', async () => {
  const verifier = verifierOf();
  const [first, second, third] = await Promise.all([old, current, 't'.repeat(64)].map((s) => hmacToken(s)));
  const kinds = async (at: number) =>
    Promise.all(
      [first, second, third].map(
        async (token) => (await verifier.verify(token ?? '', policy, noon + at)).kind === 'verified',
      ),
    );
  secrets[partner.secretId] = [old];
  expect(await kinds(0)).toEqual([true, false, false]);
  secrets[partner.secretId] = [current, old];
  // An unknown value is read as soon as the cool-down allows.
  expect(await kinds(4_999)).toEqual([true, false, false]);
  expect(await kinds(5_000)).toEqual([true, true, false]);
  secrets[partner.secretId] = ['t'.repeat(64), current];
  // The newest value was not requested yet; requesting it drops the oldest.
  expect((await verifier.verify(third ?? '', policy, noon + 10_000)).kind).toBe('verified');
  expect(await kinds(10_000)).toEqual([false, true, true]);
});

test('reads the secret once for many tokens, and uses known values while it is unavailable', async () => {
  const verifier = verifierOf();
  const token = await hmacToken(current);
  for (let i = 0; i < 100; i += 1) {
    expect((await verifier.verify(token, policy, noon + i)).kind).toBe('verified');
  }
  expect(reads).toBe(1);
  for (let i = 0; i < 100; i += 1)
    await verifier.verify(await hmacToken(`${i}`.repeat(64)), policy, noon + i);
  expect(reads).toBe(1);
  isUnavailable = true;
  expect((await verifier.verify(token, policy, noon + 90_000)).kind).toBe('verified');
  expect(failures).toEqual([partner.secretId]);
});

test('does not blame the caller for a secret that was never read', async () => {
  isUnavailable = true;
  expect(await verifierOf().verify(await hmacToken(current), policy, noon)).toEqual({ kind: 'unavailable' });
});

test.each([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
] as const)(
  'skips and reports a value shorter than the hash of %s (RFC 7518 section 3.2)',
  async (alg, bytes) => {
    const itsPolicy = { version: 'v1', issuers: [{ ...partner, algorithms: [alg] }] };
    const [short, enough] = ['s'.repeat(bytes - 1), 'e'.repeat(bytes)];
    secrets[partner.secretId] = [short, enough];
    const verifier = verifierOf(itsPolicy);
    // jose itself refuses to sign with a short key.
    const input = (await hmacToken(enough, {}, alg)).split('.').slice(0, 2).join('.');
    const hash = `sha${alg.slice(2)}`;
    const shortToken = `${input}.${createHmac(hash, short).update(input).digest('base64url')}`;
    expect(await verifier.verify(shortToken, itsPolicy, noon)).toEqual(refused('bad-signature'));
    expect((await verifier.verify(await hmacToken(enough, {}, alg), itsPolicy, noon)).kind).toBe('verified');
    expect(tooShort).toEqual([[partner.secretId, bytes]]);

    secrets[partner.secretId] = [short];
    expect(await verifierOf(itsPolicy).verify(shortToken, itsPolicy, noon)).toEqual(refused('unknown-key'));
  },
);

test('compares the length in bytes with the longest hash that the issuer may use', async () => {
  const itsPolicy = {
    version: 'v1',
    issuers: [{ ...partner, algorithms: ['HS256', 'HS512'] as const }],
  };
  secrets[partner.secretId] = ['ü'.repeat(32), 's'.repeat(63)];
  const result = await verifierOf(itsPolicy).verify(await hmacToken('ü'.repeat(32)), itsPolicy, noon);
  expect(result.kind).toBe('verified');
  expect(tooShort).toEqual([[partner.secretId, 64]]);
});

test('verifies no such token without secrets', async () => {
  const keySets = createKeySets({ fetch: createIssuer(rsa).fetch, onFailure: () => undefined });
  const result = await createTokenVerifier(keySets).verify(await hmacToken(current), policy, noon);
  expect(result).toEqual(refused('unknown-key'));
});
