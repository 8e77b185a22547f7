import { expect, test } from 'vitest';
import type { KeySetIssuer } from '../../../runtime/contracts/gateway-contract.ts';
import { readIdentity } from '../../../runtime/tokens/identity.ts';
import { issuers, noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import type { TokenVerifier, Verification } from '../../../runtime/tokens/verification.ts';
import { policy } from '../testing/decision-fixtures.ts';
import { cacheVerifiedTokens } from './verified-tokens.ts';

const second = 1_000;
const [issuer] = issuers as [KeySetIssuer];

/** A verifier that reads the token's owner from the token's text, and counts its calls. */
function counted(maxTokens = 10, times = { from: 0, until: noon / second + 3_600 }) {
  const counts = { calls: 0 };
  const inner: TokenVerifier = {
    verify: async (token) => {
      counts.calls += 1;
      const identity = readIdentity(issuer, { sub: token });
      if (token === 'bad' || identity === undefined) return { kind: 'refused', reason: 'bad-signature' };
      return {
        kind: 'verified',
        token: {
          identity,
          tokenId: token,
          expiresAtSeconds: times.until,
          notBeforeSeconds: times.from,
          clockToleranceSeconds: 0,
        },
      };
    },
  };
  const verifier = cacheVerifiedTokens(inner, maxTokens);
  const verify = (token: string, at = noon, under = policy) => verifier.verify(token, under, at);
  return { counts, verify };
}

const userOf = (verification: Verification) =>
  verification.kind === 'verified' ? verification.token.identity.userId : undefined;

test('verifies the same token once', async () => {
  const { counts, verify } = counted();
  expect([userOf(await verify('ada')), userOf(await verify('ada')), userOf(await verify('bob'))]).toEqual([
    'ada',
    'ada',
    'bob',
  ]);
  expect(counts.calls).toBe(2);
});

test('verifies again under another version of the policy', async () => {
  const { counts, verify } = counted();
  await verify('ada');
  await verify('ada', noon, { ...policy, version: 'another' });
  expect(counts.calls).toBe(2);
});

test('does not cache refusals', async () => {
  const { counts, verify } = counted();
  await verify('bad');
  await verify('bad');
  expect(counts.calls).toBe(2);
});

test('checks times on every hit', async () => {
  const { counts, verify } = counted(10, { from: noon / second, until: noon / second + 10 });
  await verify('ada', noon);
  await verify('ada', noon + 10 * second - 1);
  expect(counts.calls).toBe(1);
  await verify('ada', noon + 10 * second);
  expect(counts.calls).toBe(2);
  await verify('ada', noon - 1);
  expect(counts.calls).toBe(3);
});

test('trusts nothing for longer than five minutes, so a withdrawn key stops counting', async () => {
  const { counts, verify } = counted();
  await verify('ada', noon);
  await verify('ada', noon + 300 * second - 1);
  expect(counts.calls).toBe(1);
  await verify('ada', noon + 300 * second);
  expect(counts.calls).toBe(2);
});

test('caches a bounded number of tokens', async () => {
  const { counts, verify } = counted(2);
  for (const token of ['a', 'b', 'c', 'c', 'b']) await verify(token);
  expect(counts.calls).toBe(3);
  await verify('a');
  expect(counts.calls).toBe(4);
});
