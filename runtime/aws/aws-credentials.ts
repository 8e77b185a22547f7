import { type Environment, optionalEnv, requireEnv } from '../environment/environment-variables.ts';

/** Credentials that sign calls to AWS. Lambda sets them in the environment of each process. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

/** @throws Error that names the variable that is missing. */
export function awsCredentials(environment: Environment): AwsCredentials {
  const sessionToken = optionalEnv(environment, 'AWS_SESSION_TOKEN');
  return {
    accessKeyId: requireEnv(environment, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: requireEnv(environment, 'AWS_SECRET_ACCESS_KEY'),
    region: requireEnv(environment, 'AWS_REGION'),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}
