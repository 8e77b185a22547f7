import { beforeAll, expect, test } from 'vitest';
import {
  createIssuer,
  createKey,
  noon,
  signToken,
  type TestKey,
} from '../../../runtime/tokens/testing/test-issuers.ts';
import { decide } from '../decision/decide.ts';
import { readRequest } from '../decision/gateway-request.ts';
import { preparePolicy } from '../decision/prepared-policy.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { longestFields, validateFields } from './credential-fields.ts';

const prepared = preparePolicy(policy);
let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});
const ask = async (routeKey: string, headers: Record<string, string>) => {
  const ports = createPorts(createIssuer(key), () => noon);
  const { context } = await decide(readRequest(eventOf(routeKey, headers)), prepared, ports, noon);
  return context;
};
const validate = (headers: Record<string, string>) => validateFields(readRequest({ headers }));

test.each(Object.entries(longestFields))('accepts %s up to %i letters, and no more', (name, longest) => {
  expect(validate({ [name]: 'a'.repeat(longest) })).toBeUndefined();
  expect(validate({ [name]: 'a'.repeat(longest + 1) })).toBe('field-too-long');
});

test.each(Object.keys(longestFields))('refuses a line break in %s', (name) => {
  for (const odd of ['a\nb', 'a\rb', 'a\r\n b', '\n']) {
    expect(validate({ [name]: odd })).toBe('field-with-line-break');
  }
});

test('checks no other field of a call', () => {
  expect(validate({ 'user-agent': 'a'.repeat(10_000), cookie: 'a\nb' })).toBeUndefined();
});

test('refuses such a call with 401 before any look-up, and ignores it on an anonymous route', async () => {
  const authorization = `Bearer ${await signToken(key)}`;
  const spaces = ' '.repeat(9_000);
  const refused = { decision: 'unauthenticated', reason: 'field-too-long' };
  expect(await ask('GET /api/profile', { authorization })).toMatchObject({ decision: 'allow' });
  expect(await ask('GET /api/profile', { authorization, 'signature-input': spaces })).toMatchObject({
    ...refused,
    challenge:
      'Bearer realm="gatehouse", error="invalid_request", error_description="Send exactly one well-formed credential."',
  });
  expect(await ask('GET /api/profile', { authorization: `Bearer${spaces}a` })).toMatchObject(refused);
  expect(await ask('GET /api/products', { 'signature-input': spaces })).toMatchObject({ decision: 'allow' });
});
