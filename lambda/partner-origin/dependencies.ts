import { awsCredentials } from '../shared/aws-credentials.ts';
import { requireEnv } from '../shared/env.ts';
import { createLog, describeError } from '../shared/log.ts';
import { createOriginSecrets } from '../shared/origin-secret.ts';
import { Refreshed } from '../shared/refreshed.ts';
import { createSecretReader, secretFreshness, secretsManagerEndpoint } from '../shared/secrets-manager.ts';
import type { AuthorizerDependencies } from './authorizer.ts';
import { env } from './contract.ts';

/** Reads the environment. */
export function productionDependencies(): AuthorizerDependencies {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const readSecret = createSecretReader(awsCredentials(environment), secretsManagerEndpoint(environment));
  const secretId = requireEnv(environment, env.originSecretId);
  const values = new Refreshed(
    () => readSecret(secretId),
    secretFreshness,
    (error) => log.error('The origin secret could not be read.', { error: describeError(error) }),
  );
  return { originSecrets: createOriginSecrets(values), now: Date.now };
}
