import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import { AddressList } from '../../../runtime/http/client-address.ts';
import { writeContentDigest } from '../../../runtime/http/content-digest.ts';
import { clientCallerKey } from '../../../runtime/tokens/identity.ts';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import { revokeEverything, revokeKey } from '../../../runtime/tokens/token-revocation.ts';
import { decide } from '../decision/decide.ts';
import { readRequest } from '../decision/gateway-request.ts';
import type { Ports } from '../decision/ports.ts';
import { preparePolicy } from '../decision/prepared-policy.ts';
import { signMessage } from '../signature/sign-message.ts';
import { createDirectory, createPorts, eventOf, pepper, policy } from '../testing/decision-fixtures.ts';
import { type ApiKey, createApiKey, hashApiKey } from './api-key.ts';
import type { ApiKeyCredential, ClientDirectory, SignatureCredential } from './client-directory.ts';

const prepared = preparePolicy(policy);
const nowSeconds = noon / 1_000;
const client = {
  clientId: 'shop',
  plan: 'enterprise',
  isSuspended: false,
  expiresAtSeconds: null,
  monthStartDay: 1,
} as const;
const apiKey = createApiKey('test', randomBytes);
const credential: ApiKeyCredential = {
  kind: 'api-key',
  keyId: apiKey.id,
  client,
  permissions: ['orders:read'],
  addresses: null,
  expiresAtSeconds: null,
  hashes: [{ hash: hashApiKey(apiKey, pepper), expiresAtSeconds: null }],
};

let tokenKey: TestKey;
beforeAll(async () => {
  tokenKey = await createKey('ES256', 'ec');
});
let ports: Ports;
const using = (directory: ClientDirectory, part: Partial<Ports> = {}) => {
  ports = createPorts(createIssuer(tokenKey), () => noon, { directory, ...part });
};
beforeEach(() => using(createDirectory(credential)));

const ask = async (routeKey: string, headers: Record<string, string>, more: object = {}) => {
  const { context } = await decide(
    readRequest({ ...eventOf(routeKey, headers), ...more }),
    prepared,
    ports,
    noon,
  );
  return context;
};
const away: ClientDirectory = { find: async () => ({ kind: 'unavailable', reason: 'away' }) };
const bare = 'Bearer realm="gatehouse"';

describe('an API key', () => {
  const read = (key: ApiKey = apiKey, headers: Record<string, string> = {}) =>
    ask('GET /api/orders', { 'x-api-key': key.text, ...headers });

  test('identifies its client, with the plan and permissions of the directory', async () => {
    expect(await read()).toMatchObject({
      decision: 'allow',
      userId: '-',
      clientId: 'shop',
      plan: 'enterprise',
      caller: clientCallerKey('shop'),
    });
    expect(await ask('GET /api/profile', { 'x-api-key': apiKey.text })).toMatchObject({ decision: 'allow' });
    expect(await ask('POST /api/inventory', { 'x-api-key': apiKey.text })).toMatchObject({
      decision: 'forbidden',
      reason: 'no-permission',
      challenge: bare,
    });
  });

  test.each<[string, string, string]>([
    ['is none', 'gh_test_nonsense', 'malformed-key'],
    ['is mistyped', `${apiKey.text.slice(0, -1)}_`, 'malformed-key'],
    ['is of another environment', createApiKey('prod', randomBytes, apiKey.id).text, 'other-environment-key'],
    ['is unknown', createApiKey('test', randomBytes).text, 'unknown-key'],
    ['has another secret', createApiKey('test', randomBytes, apiKey.id).text, 'wrong-secret'],
  ])('that %s is unauthenticated', async (_, text, reason) => {
    expect(await ask('GET /api/orders', { 'x-api-key': text })).toMatchObject({
      decision: 'unauthenticated',
      reason,
      challenge: bare,
      clientId: '-',
    });
  });

  test.each<[string, Partial<ApiKeyCredential>, string, string]>([
    ['has expired', { expiresAtSeconds: nowSeconds }, 'unauthenticated', 'key-expired'],
    [
      'is of an expired client',
      { client: { ...client, expiresAtSeconds: nowSeconds } },
      'unauthenticated',
      'client-expired',
    ],
    [
      'is of a suspended client',
      { client: { ...client, isSuspended: true } },
      'forbidden',
      'client-suspended',
    ],
    [
      'may not be used from there',
      { addresses: new AddressList(['198.51.100.0/24']) },
      'forbidden',
      'key-address-not-allowed',
    ],
    [
      'was rolled, after its grace',
      { hashes: [{ hash: hashApiKey(apiKey, pepper), expiresAtSeconds: nowSeconds }] },
      'unauthenticated',
      'wrong-secret',
    ],
  ])('that %s is refused', async (_, part, decision, reason) => {
    using(createDirectory({ ...credential, ...part }));
    expect(await read()).toMatchObject({ decision, reason });
  });

  test('that was rolled counts with both secrets within the grace', async () => {
    const rolled = createApiKey('test', randomBytes, apiKey.id);
    const hashes = [
      { hash: hashApiKey(rolled, pepper), expiresAtSeconds: null },
      { hash: hashApiKey(apiKey, pepper), expiresAtSeconds: nowSeconds + 1 },
    ];
    using(createDirectory({ ...credential, hashes }));
    expect(await read()).toMatchObject({ decision: 'allow' });
    expect(await read(rolled)).toMatchObject({ decision: 'allow' });
  });

  test('of nobody who is known is 503 while the directory is away, never 401', async () => {
    using(away);
    expect(await read()).toMatchObject({ decision: 'unavailable', reason: 'client-directory-unavailable' });
    expect(await ask('GET /api/orders', { 'x-api-key': 'nonsense' })).toMatchObject({
      reason: 'malformed-key',
    });
  });

  test('is judged by no pepper but the live ones, and by a new one as soon as a key needs it', async () => {
    let peppers: readonly string[] | Error = new Error('away');
    const freshness = { freshMilliseconds: 60_000, staleMilliseconds: 600_000, cooldownMilliseconds: 0 };
    const fetch = async () => {
      if (peppers instanceof Error) throw peppers;
      return peppers;
    };
    using(createDirectory(credential), { peppers: new RefreshedValue(fetch, freshness, () => undefined) });
    expect(await read()).toMatchObject({ decision: 'unavailable', reason: 'key-pepper-unknown' });
    peppers = ['another'];
    expect(await read()).toMatchObject({ decision: 'unauthenticated', reason: 'wrong-secret' });
    peppers = ['another', pepper];
    expect(await read()).toMatchObject({ decision: 'allow' });
  });

  test('that is revoked in the store is refused at once, by itself or with all of its client', async () => {
    const caller = clientCallerKey('shop');
    await ports.limitStore.take({ caller, checks: [revokeKey('another', nowSeconds, 60)] });
    expect(await read()).toMatchObject({ decision: 'allow' });
    await ports.limitStore.take({ caller, checks: [revokeKey(apiKey.id, nowSeconds, 60)] });
    const refused = { decision: 'unauthenticated', reason: 'credential-revoked', challenge: bare };
    expect(await read()).toMatchObject(refused);
    using(createDirectory(credential));
    await ports.limitStore.take({ caller, checks: [revokeEverything(nowSeconds, 60)] });
    expect(await read()).toMatchObject(refused);
  });

  test('beside a token makes two credentials', async () => {
    const authorization = `Bearer ${await signToken(tokenKey)}`;
    expect(await read(apiKey, { authorization })).toMatchObject({
      decision: 'unauthenticated',
      reason: 'several-credentials',
    });
  });
});

test('a revoked token is refused with the word of RFC 6750, though it was verified before', async () => {
  const headers = { authorization: `Bearer ${await signToken(tokenKey)}` };
  const { caller, decision } = await ask('GET /api/orders', headers);
  expect(decision).toBe('allow');
  await ports.limitStore.take({ caller, checks: [revokeEverything(nowSeconds, 60)] });
  expect(await ask('GET /api/orders', headers)).toMatchObject({
    decision: 'unauthenticated',
    reason: 'credential-revoked',
    challenge: `${bare}, error="invalid_token", error_description="The token has been revoked."`,
  });
});

describe('a message signature', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer: SignatureCredential = {
    ...credential,
    kind: 'signature',
    keyId: 'signer',
    permissions: ['inventory:deliver', 'orders:read'],
    keys: [{ algorithm: 'ed25519', key: publicKey, expiresAtSeconds: null }],
  };
  beforeEach(() => using(createDirectory(signer, credential)));
  const digest = writeContentDigest('sha-256', Buffer.from('{}'));
  let nonces = 0;
  const signed = (method: string, parameters: Record<string, string | number> = {}) => {
    const path = method === 'GET' ? '/api/orders' : '/api/deliveries';
    const message = {
      method,
      scheme: 'https',
      authority: 'api.store.example',
      path,
      query: 'a=%20',
      headers: method === 'GET' ? {} : { 'content-digest': digest },
    } as const;
    nonces += 1;
    const fields = signMessage(message, {
      algorithm: 'ed25519',
      key: privateKey,
      components: ['@method', '@target-uri', ...(method === 'GET' ? [] : ['content-digest'])],
      parameters: {
        created: nowSeconds,
        keyid: 'signer',
        nonce: `nonce-of-16-signs-${nonces}`,
        ...parameters,
      },
    });
    return { ...message.headers, ...fields, 'x-gw-target': `api.store.example${path}` };
  };
  const deliver = (headers: Record<string, string>, more: object = { rawQueryString: 'a=%20' }) =>
    ask('POST /api/deliveries', headers, more);
  const challenge = 'Signature realm="gatehouse"';

  test('identifies its client, and hands on the digest that it covers', async () => {
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'allow',
      clientId: 'shop',
      contentDigest: digest,
    });
  });

  test('counts once: its nonce is spent by the call that it admits, and by no other', async () => {
    using(createDirectory({ ...signer, permissions: [] }));
    const headers = signed('POST');
    expect(await deliver(headers)).toMatchObject({ decision: 'forbidden' });
    ports = { ...ports, directory: createDirectory(signer) };
    expect(await deliver(headers)).toMatchObject({ decision: 'allow' });
    expect(await deliver(headers)).toMatchObject({
      decision: 'unauthenticated',
      reason: 'nonce-used',
      challenge,
    });
  });

  test.each<[string, Record<string, string>, string]>([
    ['no signature', {}, 'no-signature'],
    [
      'another path',
      { ...signed('POST'), 'x-gw-target': 'api.store.example/api/other' },
      'signature-mismatch',
    ],
    [
      'another host',
      { ...signed('POST'), 'x-gw-target': 'evil.example/api/deliveries' },
      'signature-mismatch',
    ],
    ['no target from the edge', { ...signed('POST'), 'x-gw-target': '' }, 'signature-mismatch'],
    ['an unknown key', signed('POST', { keyid: 'nobody' }), 'unknown-key'],
    ['the key of an API key', signed('POST', { keyid: apiKey.id }), 'unknown-key'],
    ['an old signature', signed('POST', { created: nowSeconds - 400 }), 'signature-too-old'],
    ['the signature of another method', signed('GET'), 'content-digest-not-covered'],
  ])('is refused with %s', async (_, headers, reason) => {
    expect(await deliver(headers)).toMatchObject({ decision: 'unauthenticated', reason, challenge });
  });

  test('is refused with another query', async () => {
    expect(await deliver(signed('POST'), { rawQueryString: 'a=+' })).toMatchObject({
      reason: 'signature-mismatch',
    });
  });

  test('is the only credential of a route that asks for it', async () => {
    const authorization = `Bearer ${await signToken(tokenKey, { permissions: ['**'] })}`;
    expect(await deliver({ authorization })).toMatchObject({ reason: 'several-credentials' });
    expect(await deliver({ ...signed('POST'), 'x-api-key': apiKey.text })).toMatchObject({
      reason: 'several-credentials',
    });
  });

  test('counts elsewhere too, but not beside a token', async () => {
    const more = { rawQueryString: 'a=%20' };
    expect(await ask('GET /api/orders', signed('GET'), more)).toMatchObject({
      clientId: 'shop',
      decision: 'allow',
    });
    const authorization = `Bearer ${await signToken(tokenKey)}`;
    expect(await ask('GET /api/orders', { ...signed('GET'), authorization }, more)).toMatchObject({
      userId: 'ada',
      decision: 'allow',
    });
  });

  test('is 503 while the directory or the store is away', async () => {
    using(away);
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'unavailable',
      reason: 'client-directory-unavailable',
    });
    using(createDirectory(signer), {
      limitStore: { take: async () => ({ kind: 'failed', reason: 'away' }) },
    });
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'unavailable',
      reason: 'limit-store-unavailable',
    });
  });
});
