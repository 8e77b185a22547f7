import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { requireEnv } from '../shared/env.ts';
import { createLog } from '../shared/log.ts';
import { createOriginSecrets } from '../shared/origin-secret.ts';
import { refreshedSecret } from '../shared/refreshed-secret.ts';
import { createSecretReader } from '../shared/secrets-manager.ts';
import type { AuthorizerDependencies } from './authorizer.ts';
import { env } from './contract.ts';

/** Reads the environment. */
export function productionDependencies(): AuthorizerDependencies {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const readSecret = createSecretReader(
    awsCredentials(environment),
    awsEndpoint(environment, 'secretsmanager'),
  );
  const secret = refreshedSecret(readSecret, requireEnv(environment, env.originSecretId), log);
  return { originSecrets: createOriginSecrets(secret), now: Date.now };
}
