import { type Environment, optionalEnv, requireEnv } from '../environment/environment-variables.ts';

/** The host of a service, and what its variable of the SDKs ("Service-specific endpoints") ends in. */
const variableSuffixes = {
  apigateway: 'API_GATEWAY',
  appconfigdata: 'APPCONFIGDATA',
  dynamodb: 'DYNAMODB',
  secretsmanager: 'SECRETS_MANAGER',
  sns: 'SNS',
  sqs: 'SQS',
} as const;

/**
 * Base URL of a service, without a path: where the standard variable says, or else in the function's region.
 *
 * @throws Error that names the variable of the region, where that is needed and not set.
 */
export function awsEndpoint(environment: Environment, service: keyof typeof variableSuffixes): string {
  return (
    optionalEnv(environment, `AWS_ENDPOINT_URL_${variableSuffixes[service]}`) ??
    `https://${service}.${requireEnv(environment, 'AWS_REGION')}.amazonaws.com`
  );
}
