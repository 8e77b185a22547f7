import { type Environment, optionalEnv, requireEnv } from '../environment/environment-variables.ts';

/**
 * The host prefix of a service, and the suffix of its endpoint variable (AWS SDKs, "Service-specific
 * endpoints").
 */
const variableSuffixes = {
  apigateway: 'API_GATEWAY',
  appconfigdata: 'APPCONFIGDATA',
  dynamodb: 'DYNAMODB',
  secretsmanager: 'SECRETS_MANAGER',
  sns: 'SNS',
  sqs: 'SQS',
} as const;

/**
 * Base URL of a service, without a path: the value of the standard endpoint variable, or else the endpoint of
 * the function's region.
 *
 * @throws Error that names the region variable when it is needed and not set.
 */
export function awsEndpoint(environment: Environment, service: keyof typeof variableSuffixes): string {
  return (
    optionalEnv(environment, `AWS_ENDPOINT_URL_${variableSuffixes[service]}`) ??
    `https://${service}.${requireEnv(environment, 'AWS_REGION')}.amazonaws.com`
  );
}
