import { expect, test } from 'vitest';
import { awsCredentials } from '../aws/aws-credentials.ts';
import { optionalEnv, requireEnv, requireOneOf } from './environment-variables.ts';

test('names a required variable that is not set', () => {
  expect(requireEnv({ A: 'x' }, 'A')).toBe('x');
  for (const environment of [{}, { A: '' }]) {
    expect(() => requireEnv(environment, 'A')).toThrow('The environment variable A is not set.');
  }
  expect([optionalEnv({ A: 'x' }, 'A'), optionalEnv({ A: '' }, 'A')]).toEqual(['x', undefined]);
});

test('lists the allowed values of a variable', () => {
  expect(requireOneOf({ T: 'single' }, 'T', ['single', 'cluster'])).toBe('single');
  expect(() => requireOneOf({ T: 'triple' }, 'T', ['single', 'cluster'])).toThrow(
    'The environment variable T is "triple". Set it to one of: single, cluster.',
  );
});

test('returns a session token only when one is set', () => {
  const fixed = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
  expect(awsCredentials(fixed)).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    region: 'eu-west-1',
  });
  expect(awsCredentials({ ...fixed, AWS_SESSION_TOKEN: 't' })).toHaveProperty('sessionToken', 't');
  expect(() => awsCredentials({})).toThrow('AWS_');
});
