import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeContentDigest } from '../../../runtime/http/content-digest.ts';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import { decide } from '../decision/decide.ts';
import { readRequest } from '../decision/gateway-request.ts';
import type { Ports } from '../decision/ports.ts';
import { preparePolicy } from '../decision/prepared-policy.ts';
import { createApiKey, hashApiKey } from '../identity/api-key.ts';
import type { ApiKeyCredential, ClientDirectory, SignatureCredential } from '../identity/client-directory.ts';
import { createDirectory, createPorts, eventOf, pepper, policy } from '../testing/decision-fixtures.ts';
import { signMessage } from './sign-message.ts';

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
const unavailable: ClientDirectory = { find: async () => ({ kind: 'unavailable', reason: 'unavailable' }) };

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

  test('identifies its client, and forwards the digest that it covers', async () => {
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'allow',
      clientId: 'shop',
      contentDigest: digest,
    });
  });

  test('is valid once: its nonce is spent by the call that it admits, and by no other', async () => {
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

  test('is the only credential of a route that requires it', async () => {
    const authorization = `Bearer ${await signToken(tokenKey, { permissions: ['**'] })}`;
    expect(await deliver({ authorization })).toMatchObject({ reason: 'several-credentials' });
    expect(await deliver({ ...signed('POST'), 'x-api-key': apiKey.text })).toMatchObject({
      reason: 'several-credentials',
    });
  });

  test('is valid elsewhere too, but not beside a token', async () => {
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

  test('is 503 while the directory or the limit store is unavailable', async () => {
    using(unavailable);
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'unavailable',
      reason: 'client-directory-unavailable',
    });
    using(createDirectory(signer), {
      limitStore: { take: async () => ({ kind: 'failed', reason: 'unavailable' }) },
    });
    expect(await deliver(signed('POST'))).toMatchObject({
      decision: 'unavailable',
      reason: 'limit-store-unavailable',
    });
  });
});
