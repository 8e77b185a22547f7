import { type Environment, optionalEnv, requireEnv } from './env.ts';

/** Where DynamoDB is: in the function's region, or where the environment says. */
export function dynamoDbEndpoint(environment: Environment): string {
  return (
    optionalEnv(environment, 'AWS_ENDPOINT_URL_DYNAMODB') ??
    `https://dynamodb.${requireEnv(environment, 'AWS_REGION')}.amazonaws.com`
  );
}
