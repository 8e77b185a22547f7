import { expect, test } from 'vitest';
import { withIssuersOfEnvironment } from './issuers-of-environment.ts';
import { issuers } from './testing.ts';

const [made, known] = issuers;
const policy = { version: 'v1', issuers: known === undefined ? [] : [known], more: 1 };

test('issuers that the deployment has made come before those of the bundle', () => {
  const variables = { TOKEN_ISSUERS: JSON.stringify([made]) };
  expect(withIssuersOfEnvironment(policy, variables)).toEqual({ ...policy, issuers: [made, known] });
});

test('without any, the policy is what the bundle says', () => {
  expect(withIssuersOfEnvironment(policy, {})).toBe(policy);
  expect(withIssuersOfEnvironment(policy, { TOKEN_ISSUERS: '' })).toBe(policy);
});
