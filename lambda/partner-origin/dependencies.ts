import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { createOriginSecrets } from '../../runtime/aws/origin-secret.ts';
import { refreshedSecret } from '../../runtime/aws/refreshed-secret.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { createLog } from '../../runtime/logging/log.ts';
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
