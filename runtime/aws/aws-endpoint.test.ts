import { expect, test } from 'vitest';
import { awsEndpoint } from './aws-endpoint.ts';

const region = { AWS_REGION: 'eu-west-1' };

test("a service is in the function's region, unless the environment gives its address", () => {
  expect(awsEndpoint(region, 'secretsmanager')).toBe('https://secretsmanager.eu-west-1.amazonaws.com');
  const given = { ...region, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1' };
  expect(awsEndpoint(given, 'secretsmanager')).toBe('http://127.0.0.1:1');
  expect(awsEndpoint(given, 'sqs')).toBe('https://sqs.eu-west-1.amazonaws.com');
});

test('without a region, the variable is named', () => {
  expect(() => awsEndpoint({}, 'sns')).toThrow('AWS_REGION');
});
