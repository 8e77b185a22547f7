import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeySetIssuer } from '../contracts/gateway-contract.ts';
import { clientCallerKey, readIdentity, userCallerKey } from './identity.ts';
import { issuers } from './testing/test-issuers.ts';

const [issuer] = issuers as [KeySetIssuer];

test('reads every known claim', () => {
  const claims = {
    sub: 'auth0|ada',
    email: 'ada@example.com',
    role: 'shop keeper',
    client_id: 'web',
    azp: 'ignored',
    plan: 'pro',
    permissions: ['orders:*', 7, 'users:read'],
    scope: 'ignored:too',
  };
  expect(readIdentity(issuer, claims)).toEqual({
    userId: 'auth0|ada',
    userEmail: 'ada@example.com',
    userRole: 'shop keeper',
    clientId: 'web',
    plan: 'pro',
    grants: ['orders:*', 'users:read'],
    caller: expect.stringMatching(/^user:[A-Za-z0-9_-]{22}$/) as string,
    keyId: '-',
    monthStartDay: 1,
    checks: [],
    contentDigest: '-',
  });
});

test('reads a missing claim, or an invalid header value, as absent', () => {
  for (const odd of [undefined, null, 7, {}, '', ' ', ' a', 'a ', 'a\nb', 'é', '\u0000', 'x'.repeat(257)]) {
    const claims = { sub: 'ada', email: odd, role: odd, client_id: odd, plan: odd };
    expect(readIdentity(issuer, claims)).toMatchObject({
      userEmail: '-',
      userRole: '-',
      clientId: '-',
      plan: '-',
      grants: [],
    });
  }
});

test('refuses a subject that no header can carry, and the value for a missing one', () => {
  for (const sub of [undefined, '', '-', 'a\r\nx-user-role: admin', 'ä', 7]) {
    expect(readIdentity(issuer, { sub })).toBeUndefined();
  }
});

test('uses azp as the client without client_id, and scope as grants without permissions', () => {
  expect(readIdentity(issuer, { sub: 'a', azp: 'app', scope: 'orders:read  users:read' })).toMatchObject({
    clientId: 'app',
    grants: ['orders:read', 'users:read'],
  });
  expect(readIdentity(issuer, { sub: 'a', permissions: [], scope: 'orders:read' })).toMatchObject({
    grants: [],
  });
});

test('a caller is one subject of one issuer, or one client', () => {
  const callers = [
    userCallerKey('a', 'x'),
    userCallerKey('b', 'x'),
    userCallerKey('a', 'y'),
    clientCallerKey('a\nx'),
  ];
  expect(new Set(callers).size).toBe(4);
  expect(readIdentity({ ...issuer, issuer: 'a' }, { sub: 'x' })?.caller).toBe(callers[0]);
});

test('returns only valid header values, whatever the claims', () => {
  const names = fc.constantFrom('sub', 'email', 'role', 'client_id', 'permissions', 'scope', 'plan');
  fc.assert(
    fc.property(fc.dictionary(names, fc.oneof(fc.string(), fc.anything())), (claims) => {
      const {
        grants = [],
        checks = [],
        monthStartDay,
        ...texts
      } = readIdentity(issuer, { sub: 'ada', ...claims }) ?? {};
      expect([undefined, 1]).toContain(monthStartDay);
      expect(checks).toEqual([]);
      for (const text of Object.values(texts)) expect(new Headers({ x: text }).get('x')).toBe(text);
      for (const grant of grants) expect(grant).toBeTypeOf('string');
    }),
  );
});
