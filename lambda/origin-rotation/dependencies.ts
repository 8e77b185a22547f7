import { randomInt } from 'node:crypto';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { optionalEnv, requireEnv } from '../../runtime/environment/environment-variables.ts';
import { createOriginHeaderDistribution } from './aws-distribution.ts';
import { createRotatedSecret } from './aws-secret.ts';
import { env } from './contract.ts';
import type { RotationPorts } from './rotation.ts';

/** Reads the environment. */
export function productionDependencies(): RotationPorts {
  const environment = process.env;
  const credentials = awsCredentials(environment);
  return {
    secret: createRotatedSecret(credentials, awsEndpoint(environment, 'secretsmanager'), randomInt),
    distribution: createOriginHeaderDistribution(credentials, {
      endpoint: optionalEnv(environment, 'AWS_ENDPOINT_URL_CLOUDFRONT') ?? 'https://cloudfront.amazonaws.com',
      distributionId: requireEnv(environment, env.distributionId),
      headerName: requireEnv(environment, env.headerName),
    }),
  };
}
