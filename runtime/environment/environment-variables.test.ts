import { expect, test } from 'vitest';
import { awsCredentials } from '../aws/aws-credentials.ts';
import { optionalEnv, requireEnv, requireOneOf } from './environment-variables.ts';

test('a variable that must be there is named when it is not', () => {
  expect(requireEnv({ A: 'x' }, 'A')).toBe('x');
  for (const environment of [{}, { A: '' }]) {
    expect(() => requireEnv(environment, 'A')).toThrow('The environment variable A is not set.');
  }
  expect([optionalEnv({ A: 'x' }, 'A'), optionalEnv({ A: '' }, 'A')]).toEqual(['x', undefined]);
});

test('a variable that must be a word names the words', () => {
  expect(requireOneOf({ T: 'single' }, 'T', ['single', 'cluster'])).toBe('single');
  expect(() => requireOneOf({ T: 'triple' }, 'T', ['single', 'cluster'])).toThrow(
    'The environment variable T is "triple". Set it to one of: single, cluster.',
  );
});

test('credentials carry a session token only where there is one', () => {
  const fixed = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
  expect(awsCredentials(fixed)).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    region: 'eu-west-1',
  });
  expect(awsCredentials({ ...fixed, AWS_SESSION_TOKEN: 't' })).toHaveProperty('sessionToken', 't');
  expect(() => awsCredentials({})).toThrow('AWS_');
});
