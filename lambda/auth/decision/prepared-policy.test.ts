import { expect, test } from 'vitest';
import { policy } from '../testing/decision-fixtures.ts';
import { preparePolicy } from './prepared-policy.ts';

test("resolves a route's limit and addresses", () => {
  const { routes } = preparePolicy(policy);
  expect(routes.get('GET /api/products')).toMatchObject({ limits: [{ burst: 10 }], addresses: null });
  expect(routes.get('GET /api/admin')?.addresses).not.toBeNull();
});

test.each([
  ['a limit that does not exist', { limits: {} }, 'names the limit "anonymous", which does not exist.'],
  ['a default plan that does not exist', { plans: {} }, 'The default plan "free" does not exist.'],
])('refuses a policy with %s by name', (_, part, fault) => {
  expect(() => preparePolicy({ ...policy, ...part })).toThrow(fault);
});
