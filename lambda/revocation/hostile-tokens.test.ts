import { createHmac, createSecretKey } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HmacIssuer } from '../../runtime/contracts/gateway-contract.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import type { LimitStore } from '../../runtime/limit-store/limit-store.ts';
import {
  hasRedis,
  redisNote,
  startRedis,
  type TestRedis,
} from '../../runtime/limit-store/testing/redis-server.ts';
import { openConnection } from '../../runtime/limit-store/valkey-connection.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { createHmacKeys } from '../../runtime/tokens/hmac-keys.ts';
import { clientCallerKey } from '../../runtime/tokens/identity.ts';
import { createKeySets } from '../../runtime/tokens/key-sets.ts';
import { noon } from '../../runtime/tokens/testing/test-issuers.ts';
import { createTokenVerifier } from '../../runtime/tokens/token-verifier.ts';
import { createRevocation } from './revocation.ts';

const erp: HmacIssuer = {
  issuer: 'erp',
  bounds: {
    name: 'erp',
    hasNamespacedSubjects: true,
    permissions: [],
    plan: null,
    roles: [],
    emailDomains: [],
  },
  clientIds: ['erp'],
  secretId: 'erp',
  algorithms: ['HS256'],
  audience: 'store-api',
  scopePrefix: '',
  clockToleranceSeconds: 5,
  maxLifetimeSeconds: 3_600,
};
const policy = { version: 'v1', issuers: [erp] };
const secret = 's'.repeat(64);
const nowSeconds = noon / 1_000;
const tokens = createTokenVerifier(
  createKeySets({ fetch: () => Promise.reject(new Error('unavailable')), onFailure: () => undefined }),
  createHmacKeys(policy.issuers, {
    readSecret: async () => [secret],
    onFailure: () => undefined,
    onShortKey: () => undefined,
  }),
);

/** Signs claims as they are written: JSON has numbers that no program can hold. */
function sign(claims: string): string {
  const input = [`{"alg":"HS256"}`, claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', createSecretKey(Buffer.from(secret)))
    .update(input)
    .digest('base64url')}`;
}

const written = (times: Record<string, string>, sub = '"ada"') =>
  `{"iss":"erp","aud":"store-api","client_id":"erp","sub":${sub}${Object.entries(times)
    .map(([name, value]) => `,"${name}":${value}`)
    .join('')}}`;
const good = { exp: `${nowSeconds + 60}` };
const resultOf = async (times: Record<string, string>) => {
  const verification = await tokens.verify(sign(written(times)), policy, noon);
  return verification.kind === 'refused' ? verification.reason : verification.kind;
};

const noInstants = [
  '1e400',
  '-1e400',
  '1e300',
  '9007199254740993',
  '253402300800',
  '-1',
  '1.5',
  '"1"',
  'null',
  '[]',
  '{}',
  'true',
];

test.each(noInstants)('refuses a token whose time is %s', async (value) => {
  expect(await resultOf({ exp: value })).not.toBe('verified');
  expect(await resultOf({ ...good, iat: value })).not.toBe('verified');
  expect(await resultOf({ ...good, nbf: value })).not.toBe('verified');
});

test('accepts a time of issue up to now and the tolerance, and whole numbers in any spelling', async () => {
  expect(await resultOf({ ...good, iat: `${nowSeconds + 5}` })).toBe('verified');
  expect(await resultOf({ ...good, iat: `${nowSeconds + 6}` })).toBe('token-from-future');
  expect(await resultOf({ ...good, iat: `${nowSeconds}.0`, nbf: '0' })).toBe('verified');
});

test('limits the remaining lifetime with and without a time of issue', async () => {
  const until = (seconds: number) => ({ exp: `${nowSeconds + seconds}` });
  expect(await resultOf(until(3_600))).toBe('verified');
  expect(await resultOf(until(3_601))).toBe('lifetime-too-long');
  expect(await resultOf({ ...until(3_605), iat: `${nowSeconds + 5}` })).toBe('verified');
  expect(await resultOf({ ...until(3_606), iat: `${nowSeconds + 5}` })).toBe('lifetime-too-long');
  expect(await resultOf({ ...until(60), iat: `${nowSeconds - 3_541}` })).toBe('lifetime-too-long');
});

test('a verified token has whole and bounded times, whatever its claims', async () => {
  const value = fc.oneof(
    fc.double().map((number) => `${number}`),
    fc.integer({ min: -10, max: 10 }).map((offset) => `${nowSeconds + offset}`),
    fc.constantFrom(...noInstants),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({ exp: value, iat: value, nbf: value }, { requiredKeys: [] }),
      async (times) => {
        const verification = await tokens.verify(sign(written(times)), policy, noon);
        if (verification.kind !== 'verified') return;
        const { expiresAtSeconds, notBeforeSeconds } = verification.token;
        for (const seconds of [expiresAtSeconds, notBeforeSeconds])
          expect(Number.isSafeInteger(seconds)).toBe(true);
        expect(expiresAtSeconds).toBeLessThanOrEqual(nowSeconds + 3_605);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ['nested 1 000 times', `{"iss":"erp","a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`],
  ['that does not end', `{"iss":"erp","a":${'['.repeat(5_000)}`],
  ['that is a list', '[]'],
  ['that is not JSON', 'x'],
  ['longer than any header', `{"iss":"erp","a":"${'x'.repeat(8_192)}"}`],
])('refuses claims %s', async (_, claims) => {
  expect((await tokens.verify(sign(claims), policy, noon)).kind).toBe('refused');
});

const places = [
  { name: 'in memory', runs: true },
  { name: `on a real server${redisNote}`, runs: hasRedis },
];
describe.each(places)('revoking and signing out $name', ({ name, runs }) => {
  describe.runIf(runs)('answer below 500', () => {
    let redis: TestRedis | undefined;
    let store: LimitStore & { close?: () => void };
    beforeAll(async () => {
      if (name === 'in memory') {
        store = createInMemoryLimitStore(() => noon, new MemoryEntries(1_000));
        return;
      }
      redis = await startRedis();
      const { url } = redis;
      store = new ValkeyLimitStore({
        open: (onEnd) => openConnection({ url, topology: 'single' }, onEnd),
        breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
        now: () => 0,
        budgetMilliseconds: 10_000,
        onFailure: () => undefined,
      });
    });
    afterAll(async () => {
      store.close?.();
      await redis?.close();
    });

    const call = async (routeKey: string, token: string, caller: string) => {
      const revocation = createRevocation({ policy, tokens, limitStore: store, now: () => noon });
      const answer = await revocation({
        version: '2.0',
        routeKey,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `token=${encodeURIComponent(token)}`,
        isBase64Encoded: false,
        requestContext: {
          http: { method: 'POST' },
          requestId: 'r-1',
          authorizer: {
            lambda: { decision: 'allow', service: 'revocation', caller, clientId: 'erp', contentDigest: '-' },
          },
        },
      });
      return answer.statusCode;
    };

    test('to every token that its holder can sign', async () => {
      const value = fc.constantFrom(`${nowSeconds}`, `${nowSeconds + 3_600}`, ...noInstants);
      const text = fc.oneof(fc.constantFrom('ada', 'x'.repeat(250), 'a|b', '{}', '\u0000'), fc.string());
      await fc.assert(
        fc.asyncProperty(
          fc.record(
            { exp: value, iat: value, nbf: value, jti: text.map((jti) => JSON.stringify(jti)) },
            { requiredKeys: [] },
          ),
          text,
          async (times, sub) => {
            const token = sign(written(times, JSON.stringify(sub)));
            expect(await call('POST /auth/revoke', token, clientCallerKey('erp'))).toBeLessThan(500);
          },
        ),
        { numRuns: 100 },
      );
      expect(await call('POST /auth/revoke', sign(written(good)), clientCallerKey('erp'))).toBe(200);
    });

    test('to texts that are not tokens, of any length', async () => {
      for (const text of ['x', '.', 'a.b.c', `${'a'.repeat(60_000)}.b.c`, '\ud800', '\u0000']) {
        expect(await call('POST /auth/revoke', Buffer.from(text).toString(), 'user:x')).toBe(200);
      }
      // Over the limit of a body.
      expect(await call('POST /auth/revoke', 'x'.repeat(1_000_000), 'user:x')).toBe(413);
    });

    test('to a sign-out of any caller', async () => {
      expect(await call('POST /auth/logout', '', 'user:x')).toBe(204);
      expect(await call('POST /auth/logout', '', clientCallerKey('erp'))).toBe(403);
    });
  });
});
