import { expect, test } from 'vitest';
import { withEnvironmentIssuers } from './environment-issuers.ts';
import { issuers } from './testing/test-issuers.ts';

const [made, known] = issuers;
const policy = { version: 'v1', issuers: known === undefined ? [] : [known], more: 1 };

test('puts the issuers of the deployment before those of the bundle', () => {
  const variables = { TOKEN_ISSUERS: JSON.stringify([made]) };
  expect(withEnvironmentIssuers(policy, variables)).toEqual({ ...policy, issuers: [made, known] });
});

test('returns the policy of the bundle when the deployment has none', () => {
  expect(withEnvironmentIssuers(policy, {})).toBe(policy);
  expect(withEnvironmentIssuers(policy, { TOKEN_ISSUERS: '' })).toBe(policy);
});
