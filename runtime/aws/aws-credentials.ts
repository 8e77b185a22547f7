import { type Environment, optionalEnv, requireEnv } from '../environment/environment-variables.ts';

/** What signs a call to AWS. Lambda gives them to each process by its environment. */
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
