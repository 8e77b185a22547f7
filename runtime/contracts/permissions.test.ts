import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { grantsPermission, intersectGrants } from './permissions.ts';

test.each([
  ['orders:read', 'orders:read', true],
  ['orders:read', 'orders:write', false],
  ['orders:read', 'Orders:read', false],
  ['orders:*', 'orders:read', true],
  ['*:read', 'orders:read', true],
  ['*', 'orders:read', false],
  ['*', 'orders', true],
  ['orders:*', 'orders', false],
  ['orders:*', 'orders:items:read', false],
  ['orders:*:read', 'orders:items:read', true],
  ['**', 'orders:read', true],
  ['**', 'orders', true],
  ['orders:**', 'orders:items:read', true],
  ['orders:**', 'orders', false],
  ['orders:**', 'users:read', false],
  ['*:items:**', 'orders:items:read', true],
  ['**:read', 'orders:read', false],
  ['ord*:read', 'orders:read', false],
  ['orders:re?d', 'orders:read', false],
  ['', 'orders:read', false],
  ['orders:', 'orders:read', false],
  ['orders:*', 'orders:', false],
  ['**', '', false],
  ['**', 'orders::read', false],
])('the grant "%s" for "%s": %s', (grant, permission, expected) => {
  expect(grantsPermission([grant], permission)).toBe(expected);
  expect(grantsPermission(['other:thing', grant], permission)).toBe(expected);
});

test('an empty list of grants covers nothing', () => {
  expect(grantsPermission([], 'orders:read')).toBe(false);
});

const segment = fc.stringMatching(/^[a-z0-9-]{1,6}$/);
const permission = fc.array(segment, { minLength: 1, maxLength: 4 });

test('a grant covers itself and whatever its own wildcards cover', () => {
  fc.assert(
    fc.property(permission, fc.nat(3), (segments, index) => {
      const wanted = segments.join(':');
      expect(grantsPermission([wanted], wanted)).toBe(true);
      expect(
        grantsPermission([segments.map((part, at) => (at === index ? '*' : part)).join(':')], wanted),
      ).toBe(true);
      expect(grantsPermission([[...segments.slice(0, index), '**'].join(':')], wanted)).toBe(
        index < segments.length,
      );
    }),
  );
});

test('a grant without a wildcard covers only itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (grant, wanted) => {
      if (grant.includes('*')) return;
      expect(grantsPermission([grant], wanted)).toBe(grant === wanted && !wanted.split(':').includes(''));
    }),
  );
});

test.each([
  [['orders:*'], ['*:read'], ['orders:read']],
  [['**'], ['orders:read', 'users:*'], ['orders:read', 'users:*']],
  [['orders:**'], ['orders:items:**'], ['orders:items:**']],
  [['orders:**'], ['orders'], []],
  [['orders:**'], ['*:*'], ['orders:*']],
  [['orders:read'], [], []],
  [['orders:read'], ['orders:write'], []],
])('%j within %j is %j', (grants, bounds, expected) => {
  expect(intersectGrants(grants, bounds)).toEqual(expected);
});

test('an intersection covers exactly what both lists cover', () => {
  const part = fc.constantFrom('a', 'b', '*', '**', '');
  const grant = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(':'));
  const grants = fc.array(grant, { maxLength: 4 });
  const wanted = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(grants, grants, wanted, (one, other, segments) => {
      const asked = segments.join(':');
      expect(grantsPermission(intersectGrants(one, other), asked)).toBe(
        grantsPermission(one, asked) && grantsPermission(other, asked),
      );
    }),
    { numRuns: 3_000 },
  );
});
