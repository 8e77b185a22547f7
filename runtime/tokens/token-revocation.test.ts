import { beforeEach, describe, expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from '../limit-store/in-memory-entries.ts';
import type { Check, LimitStore } from '../limit-store/limit-store.ts';
import {
  keyChecks,
  revokeClient,
  revokeEverything,
  revokeKey,
  revokeToken,
  tokenChecks,
} from './token-revocation.ts';

const noonSeconds = Date.UTC(2026, 10, 20, 12) / 1_000;
const token = { issuedAtSeconds: noonSeconds - 60, tokenId: 'jti-1', clientId: 'web' };

let nowSeconds: number;
let store: LimitStore;
beforeEach(() => {
  nowSeconds = noonSeconds + 0.25;
  store = createInMemoryLimitStore(() => nowSeconds * 1_000, new MemoryEntries(100));
});

const take = (...checks: Check[]) => store.take({ caller: 'user:ada', checks });
const admits = async (checks: Check[]) => {
  const answer = await take(...checks);
  return answer.kind === 'answered' && answer.admitted;
};

test('admits what was not revoked', async () => {
  expect(await admits(tokenChecks(token))).toBe(true);
  expect(await admits(tokenChecks({ ...token, tokenId: undefined, clientId: undefined }))).toBe(true);
  expect(await admits(keyChecks('key-1'))).toBe(true);
});

describe('a token', () => {
  test('revoked by its id is refused until it has expired, and no other with it', async () => {
    await take(revokeToken('jti-1', noonSeconds + 300, nowSeconds, 5));
    expect(await admits(tokenChecks(token))).toBe(false);
    expect(await admits(tokenChecks({ ...token, tokenId: 'jti-2' }))).toBe(true);
    expect(await admits(tokenChecks({ ...token, tokenId: undefined }))).toBe(true);
    nowSeconds = noonSeconds + 304;
    expect(await admits(tokenChecks(token))).toBe(false);
    nowSeconds = noonSeconds + 306;
    expect(await admits(tokenChecks(token))).toBe(true);
  });

  test('revoked by its id is refused even if its time of issue is in the future', async () => {
    await take(revokeToken('jti-1', noonSeconds + 300, nowSeconds, 5));
    expect(await admits(tokenChecks({ ...token, issuedAtSeconds: noonSeconds + 200 }))).toBe(false);
  });

  test('already expired is revoked for a moment, not permanently', async () => {
    await take(revokeToken('jti-1', noonSeconds - 300, nowSeconds, 5));
    expect(await admits(tokenChecks(token))).toBe(false);
    nowSeconds += 1;
    expect(await admits(tokenChecks(token))).toBe(true);
  });

  test('issued before its user signed out everywhere is refused, a later one is not', async () => {
    await take(revokeEverything(nowSeconds, 3_600));
    expect(await admits(tokenChecks(token))).toBe(false);
    expect(await admits(tokenChecks({ ...token, issuedAtSeconds: noonSeconds }))).toBe(false);
    expect(await admits(tokenChecks({ ...token, issuedAtSeconds: noonSeconds + 0.1 }))).toBe(false);
    expect(await admits(tokenChecks({ ...token, issuedAtSeconds: noonSeconds + 1 }))).toBe(true);
  });

  test("of one application is refused with that user's other tokens of it", async () => {
    await take(revokeClient('web', nowSeconds, 3_600));
    expect(await admits(tokenChecks(token))).toBe(false);
    expect(await admits(tokenChecks({ ...token, clientId: 'mobile' }))).toBe(true);
  });

  test("is not refused with another user's", async () => {
    await store.take({ caller: 'user:bob', checks: [revokeEverything(nowSeconds, 3_600)] });
    expect(await admits(tokenChecks(token))).toBe(true);
  });
});

describe('a key', () => {
  test('revoked by its id is refused, and no other with it', async () => {
    await take(revokeKey('key-1', nowSeconds, 900));
    expect(await admits(keyChecks('key-1'))).toBe(false);
    expect(await admits(keyChecks('key-2'))).toBe(true);
  });

  test("is refused with all of its client's", async () => {
    await take(revokeEverything(nowSeconds, 900));
    expect(await admits(keyChecks('key-1'))).toBe(false);
    expect(await admits(keyChecks('key-2'))).toBe(false);
  });

  test('whose id reads as a token or client is not revoked by those', async () => {
    await take(revokeToken('1', noonSeconds + 300, nowSeconds, 0), revokeClient('1', nowSeconds, 900));
    expect(await admits(keyChecks('1'))).toBe(true);
  });
});
