import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import { AddressList } from '../../../runtime/http/client-address.ts';
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
import { createDirectory, createPorts, eventOf, pepper, policy } from '../testing/decision-fixtures.ts';
import { type ApiKey, createApiKey, hashApiKey } from './api-key.ts';
import type { ApiKeyCredential, ClientDirectory } from './client-directory.ts';

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
    ['is missing', 'gh_test_nonsense', 'malformed-key'],
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
      'may not be used from this address',
      { addresses: new AddressList(['198.51.100.0/24']) },
      'forbidden',
      'key-address-not-allowed',
    ],
    [
      'was replaced, after its grace period',
      { hashes: [{ hash: hashApiKey(apiKey, pepper), expiresAtSeconds: nowSeconds }] },
      'unauthenticated',
      'wrong-secret',
    ],
  ])('that %s is refused', async (_, part, decision, reason) => {
    using(createDirectory({ ...credential, ...part }));
    expect(await read()).toMatchObject({ decision, reason });
  });

  test('that was replaced is valid with both secrets within the grace period', async () => {
    const rolled = createApiKey('test', randomBytes, apiKey.id);
    const hashes = [
      { hash: hashApiKey(rolled, pepper), expiresAtSeconds: null },
      { hash: hashApiKey(apiKey, pepper), expiresAtSeconds: nowSeconds + 1 },
    ];
    using(createDirectory({ ...credential, hashes }));
    expect(await read()).toMatchObject({ decision: 'allow' });
    expect(await read(rolled)).toMatchObject({ decision: 'allow' });
  });

  test('without a cached answer is 503 while the directory is unavailable, never 401', async () => {
    using(unavailable);
    expect(await read()).toMatchObject({ decision: 'unavailable', reason: 'client-directory-unavailable' });
    expect(await ask('GET /api/orders', { 'x-api-key': 'nonsense' })).toMatchObject({
      reason: 'malformed-key',
    });
  });

  test('is checked with live peppers only, and with a new one as soon as a key needs it', async () => {
    let peppers: readonly string[] | Error = new Error('unavailable');
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

  test('that is revoked in the limit store is refused at once, by itself or with its whole client', async () => {
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

test('a revoked token is refused with the error of RFC 6750, even if it was verified before', async () => {
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
