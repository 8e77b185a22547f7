import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import type { Check, LimitStore } from '../../runtime/limit-store/limit-store.ts';
import { clientCallerKey, userCallerKey } from '../../runtime/tokens/identity.ts';
import { createKeySets } from '../../runtime/tokens/key-sets.ts';
import {
  createIssuer,
  createKey,
  goodClaims,
  issuers,
  noon,
  signToken,
  type TestIssuer,
  type TestKey,
} from '../../runtime/tokens/testing/test-issuers.ts';
import { tokenChecks } from '../../runtime/tokens/token-revocation.ts';
import { createTokenVerifier } from '../../runtime/tokens/token-verifier.ts';
import { createRevocation } from './revocation.ts';

const ada = userCallerKey('https://id.example.com', 'ada');
const shop = clientCallerKey('shop');

let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});

let issuer: TestIssuer;
let limitStore: LimitStore;
let revocation: ReturnType<typeof createRevocation>;
beforeEach(() => {
  issuer = createIssuer(key);
  limitStore = createInMemoryLimitStore(() => noon, new MemoryEntries(100));
  revocation = createRevocation(dependencies());
});

const dependencies = (part: { limitStore?: LimitStore } = {}) => ({
  policy: { version: 'v1', issuers },
  tokens: createTokenVerifier(createKeySets({ fetch: issuer.fetch, onFailure: () => undefined })),
  limitStore,
  now: () => noon,
  ...part,
});

interface Sent {
  readonly caller?: string;
  readonly clientId?: string;
  readonly contentType?: string;
  readonly decision?: Readonly<Record<string, string>>;
}

const event = (routeKey: string, body: string, sent: Sent = {}) => ({
  version: '2.0',
  routeKey,
  headers: { 'content-type': sent.contentType ?? 'application/x-www-form-urlencoded' },
  body,
  isBase64Encoded: false,
  requestContext: {
    http: { method: 'POST' },
    requestId: 'r-1',
    authorizer: {
      lambda: {
        decision: 'allow',
        service: 'revocation',
        caller: sent.caller ?? ada,
        clientId: sent.clientId ?? 'web',
        contentDigest: '-',
        retryAfter: '3',
        ...sent.decision,
      },
    },
  },
});
const revoke = (body: string, sent?: Sent) => revocation(event('POST /auth/revoke', body, sent));
const logout = (sent?: Sent) => revocation(event('POST /auth/logout', '', sent));

const isRevoked = async (caller: string, checks: readonly Check[]) => {
  const answer = await limitStore.take({ caller, checks });
  return answer.kind === 'answered' && !answer.admitted;
};
const checksOf = (tokenId: string, issuedAtSeconds = noon / 1_000) =>
  tokenChecks({ tokenId, issuedAtSeconds, clientId: 'web' });

describe('POST /auth/revoke', () => {
  test("revokes a token of the caller's own, and no other", async () => {
    const answer = await revoke(
      `token=${await signToken(key, { jti: 'one' })}&token_type_hint=refresh_token`,
    );
    expect(answer).toMatchObject({ statusCode: 200, body: '' });
    expect(await isRevoked(ada, checksOf('one'))).toBe(true);
    expect(await isRevoked(ada, checksOf('two'))).toBe(false);
  });

  test('by a client: revokes what was issued to it, whoever the user is', async () => {
    const token = await signToken(key, { jti: 'one', client_id: 'shop' });
    expect((await revoke(`token=${token}`, { caller: shop, clientId: 'shop' })).statusCode).toBe(200);
    expect(await isRevoked(ada, checksOf('one'))).toBe(true);
  });

  test.each<[string, Record<string, unknown>, Sent]>([
    ['another user of the same client', { sub: 'bob' }, {}],
    [
      'a user of a client by that name',
      { client_id: 'shop' },
      { caller: userCallerKey('x', 'y'), clientId: 'shop' },
    ],
    ['a client that the token was not issued to', {}, { caller: shop, clientId: 'shop' }],
    ['a client, of a token without a client', { client_id: undefined }, { caller: shop, clientId: '-' }],
  ])('is refused to %s', async (_, claims, sent) => {
    const answer = await revoke(`token=${await signToken(key, { jti: 'one', ...claims })}`, sent);
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'unauthorized_client' });
    expect(await isRevoked(ada, checksOf('one'))).toBe(false);
  });

  test.each([
    ['nonsense', async () => 'nonsense'],
    ['expired', () => signToken(key, { exp: noon / 1_000 - 1 })],
    ['forged', async () => `${(await signToken(key)).slice(0, -8)}AAAAAAAA`],
    ['of another issuer', () => signToken(key, { iss: 'https://evil.example.com' })],
  ])('answers 200 to a token that is %s (RFC 7009 section 2.2)', async (_, make) => {
    expect(await revoke(`token=${await make()}`)).toMatchObject({ statusCode: 200, body: '' });
  });

  test.each([
    ['', {}, 'invalid_request'],
    ['token=', {}, 'invalid_request'],
    ['token=a&token=b', {}, 'invalid_request'],
    ['token=a', { contentType: 'application/json' }, 'invalid_request'],
    ['token=gh_prod_x', {}, 'unsupported_token_type'],
  ])('answers %j with %j by %s', async (body, sent, error) => {
    const answer = await revoke(body, sent);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ error });
  });

  test('reports that nothing was revoked: issuer unavailable, limit store unavailable (RFC 7009 section 2.2.1)', async () => {
    const token = await signToken(key);
    issuer.isUnavailable = true;
    expect(await revoke(`token=${token}`)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '3' },
    });
    issuer.isUnavailable = false;
    const unavailable: LimitStore = { take: async () => ({ kind: 'failed', reason: 'unavailable' }) };
    revocation = createRevocation(dependencies({ limitStore: unavailable }));
    expect(await revoke(`token=${token}`)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '3' },
    });
    expect((await logout()).statusCode).toBe(503);
  });
});

describe('POST /auth/logout', () => {
  test('revokes all tokens of the user until now, and none issued later', async () => {
    expect((await logout()).statusCode).toBe(204);
    expect(await isRevoked(ada, checksOf('any'))).toBe(true);
    expect(await isRevoked(ada, checksOf('later', noon / 1_000 + 1))).toBe(false);
    expect(await isRevoked(userCallerKey('https://id.example.com', 'bob'), checksOf('any'))).toBe(false);
  });

  test('is remembered for as long as the longest-lived token', async () => {
    await logout();
    const longest = Math.max(...issuers.map(({ maxLifetimeSeconds }) => maxLifetimeSeconds));
    const answer = await limitStore.take({ caller: ada, checks: checksOf('any') });
    expect(answer).toMatchObject({ states: [{ resetMicroseconds: longest * 1_000_000 }, {}, {}] });
  });

  test("is for users: a client's keys stay valid", async () => {
    expect((await logout({ caller: shop })).statusCode).toBe(403);
    expect((await logout({ caller: '' })).statusCode).toBe(403);
  });
});

test.each([
  ['another service', 'POST /auth/logout', { service: 'order' }, 403],
  ['a refusal', 'POST /auth/logout', { decision: 'unauthenticated' }, 401],
  ['no decision', 'POST /auth/logout', { decision: '' }, 403],
  ['another route', 'GET /auth/logout', {}, 403],
])('does nothing for %s', async (_, routeKey, decision, status) => {
  expect((await revocation(event(routeKey, '', { decision }))).statusCode).toBe(status);
  expect(await isRevoked(ada, checksOf('any'))).toBe(false);
});

test('never throws on an arbitrary event', async () => {
  for (const odd of [undefined, null, 7, {}, { requestContext: null }, goodClaims]) {
    expect((await revocation(odd)).statusCode).toBe(403);
  }
});
