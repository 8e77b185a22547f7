import { expect, test } from 'vitest';
import { policy } from '../testing/decision-fixtures.ts';
import { preparePolicy } from './prepared-policy.ts';

test('a route finds its limit and its addresses', () => {
  const { routes } = preparePolicy(policy);
  expect(routes.get('GET /api/products')).toMatchObject({ limits: [{ burst: 10 }], addresses: null });
  expect(routes.get('GET /api/admin')?.addresses).not.toBeNull();
});

test.each([
  ['a limit that is not there', { limits: {} }, 'names the limit "anonymous", which is not there.'],
  ['a default plan that is not there', { plans: {} }, 'The default plan "free" is not there.'],
])('a policy with %s is refused by name', (_, part, fault) => {
  expect(() => preparePolicy({ ...policy, ...part })).toThrow(fault);
});
