import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OriginCheck } from '../../runtime/aws/origin-secret.ts';
import { createAuthorizer } from './authorizer.ts';

const authorizer = createAuthorizer({
  originSecrets: {
    check: (candidate): Promise<OriginCheck> =>
      Promise.resolve(
        candidate === 'unreadable' ? 'unknown' : candidate === 'secret' ? 'accepted' : 'refused',
      ),
  },
  now: () => 0,
});
const methodArn = 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/partner/GET/products/a/b';
const stage = 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/partner/*';
const eventOf = (headers: unknown, identity: object = {}) => ({
  type: 'REQUEST',
  methodArn,
  headers,
  requestContext: { identity },
});
const resultOf = async (event: unknown) => {
  const { principalId, policyDocument } = await authorizer(event);
  const [{ Effect, Resource, Action }] = policyDocument.Statement;
  return [principalId, Effect, Resource, Action];
};

test('allows a call with the secret of the edge, for every method of the stage', async () => {
  expect(await resultOf(eventOf({ 'X-Gw-Origin-Secret': 'secret' }))).toEqual([
    'edge',
    'Allow',
    stage,
    'execute-api:Invoke',
  ]);
});

test.each([{}, null, { 'x-gw-origin-secret': 'wrong' }, { 'x-gw-origin-secret': ['secret'] }])(
  'refuses a call with the headers %j',
  async (headers) => {
    expect(await resultOf(eventOf(headers))).toEqual(['unknown', 'Deny', stage, 'execute-api:Invoke']);
  },
);

test('allows a call with a verified certificate without the secret', async () => {
  const certificate = { subjectDN: 'CN=acme', serialNumber: '1' };
  expect(await resultOf(eventOf({}, { clientCert: certificate }))).toEqual([
    'certificate',
    'Allow',
    stage,
    'execute-api:Invoke',
  ]);
});

test('rejects while the secret cannot be read', async () => {
  await expect(authorizer(eventOf({ 'x-gw-origin-secret': 'unreadable' }))).rejects.toThrow(
    'The origin secret could not be read.',
  );
});

test('allows no arbitrary event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (event) => {
      expect((await authorizer(event)).policyDocument.Statement[0].Effect).toBe('Deny');
    }),
  );
});
