import { expect, test } from 'vitest';
import { awsEndpoint } from './aws-endpoint.ts';

const region = { AWS_REGION: 'eu-west-1' };

test("uses the function's region unless the environment sets the service's address", () => {
  expect(awsEndpoint(region, 'secretsmanager')).toBe('https://secretsmanager.eu-west-1.amazonaws.com');
  const given = { ...region, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1' };
  expect(awsEndpoint(given, 'secretsmanager')).toBe('http://127.0.0.1:1');
  expect(awsEndpoint(given, 'sqs')).toBe('https://sqs.eu-west-1.amazonaws.com');
});

test('names the variable when the region is missing', () => {
  expect(() => awsEndpoint({}, 'sns')).toThrow('AWS_REGION');
});
