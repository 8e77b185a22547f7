import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCall } from './limit-script-wire.ts';
import type { Check } from './limit-store.ts';

const caller = 'user:ada';
const keyOf = (name: string) =>
  encodeCall({ caller, checks: [{ kind: 'nonce', name, lifetimeSeconds: 1 }] }).keys[0] ?? '';

test('keys have a bounded length, whatever the names of a call', () => {
  const checks = (name: string): Check[] => [
    { kind: 'nonce', name, lifetimeSeconds: 1 },
    { kind: 'revoked-before', name, issuedAtSeconds: 0 },
    { kind: 'revoke', name, beforeSeconds: 0, lifetimeSeconds: 1 },
    { kind: 'rate', name, requests: 1, periodSeconds: 1, burst: 1, cost: 1 },
  ];
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.integer({ min: 1, max: 1_000 }), (text, times) => {
      for (const key of encodeCall({ caller, checks: checks(text.repeat(times)) }).keys) {
        expect(key.length).toBeLessThanOrEqual(300);
      }
    }),
  );
});

test('different names have different keys, and short ones are readable', () => {
  const [long, longer] = ['x'.repeat(257), 'x'.repeat(258)];
  expect(new Set(['x'.repeat(256), long, longer].map(keyOf)).size).toBe(3);
  expect(keyOf('token:a')).toBe('gh:{user:ada}:nonce:token:a');
});
