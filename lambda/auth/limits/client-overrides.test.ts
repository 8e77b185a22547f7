import { expect, test } from 'vitest';
import { noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import { defaultOverrides, resolveOverrides } from './client-overrides.ts';

const rate = { requests: 1, periodSeconds: 1, burst: 1 };
const at = (instant: string) => Date.parse(instant);
const terms = resolveOverrides({
  clients: {
    shop: { plan: 'pro', rate, expiresAt: '2026-12-01T00:00:00Z', reason: 'Sale' },
    '-': { suspended: true, reason: 'The name of nobody' },
    thief: { suspended: true, reason: 'Fraud' },
  },
  grants: [
    { clientId: 'shop', requests: 5_000, until: '2026-12-01T00:00:00Z', reason: 'Sale' },
    { clientId: 'shop', requests: 300, until: '2026-11-25T00:00:00Z', reason: 'Fault of ours' },
    { clientId: 'app', requests: 7, until: '2026-12-01T00:00:00Z', reason: 'Test' },
  ],
});

test('applies an override and the sum of the grants until their instants', () => {
  expect(terms('shop', noon)).toEqual({ isSuspended: false, plan: 'pro', rate, grantedRequests: 5_300 });
  expect(terms('shop', at('2026-11-25T00:00:00Z')).grantedRequests).toBe(5_000);
  expect(terms('shop', at('2026-11-30T23:59:59Z'))).toMatchObject({ plan: 'pro', grantedRequests: 5_000 });
  expect(terms('shop', at('2026-12-01T00:00:00Z'))).toEqual(defaultOverrides);
});

test('applies an override without an instant, and a grant without an override', () => {
  expect(terms('thief', at('2036-01-01T00:00:00Z')).isSuspended).toBe(true);
  expect(terms('app', noon)).toEqual({ ...defaultOverrides, grantedRequests: 7 });
});

test.each(['nobody', '', '-', '__proto__', 'constructor'])('applies nothing to %j', (clientId) => {
  expect(terms(clientId, noon)).toBe(defaultOverrides);
});
