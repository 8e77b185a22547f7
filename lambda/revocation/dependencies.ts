import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import type { TokenPolicy } from '../shared/contract.ts';
import { requireEnv } from '../shared/env.ts';
import { createLog } from '../shared/log.ts';
import { createSecretReader } from '../shared/secrets-manager.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { ValkeyStore } from '../shared/store/valkey-store.ts';
import { withIssuersOfEnvironment } from '../shared/tokens/issuers-of-environment.ts';
import { tokenVerifierOf } from '../shared/tokens/token-verifier-of.ts';
import { tokenPolicyFileName } from './contract.ts';
import type { RevocationDependencies } from './revocation.ts';

/** Longer than a decision may wait: who revokes would rather wait than not be served. */
const storeBudgetMilliseconds = 1_000;

/** Reads the environment and the bundled token policy. */
export async function productionDependencies(): Promise<RevocationDependencies> {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const path = join(requireEnv(environment, 'LAMBDA_TASK_ROOT'), tokenPolicyFileName);
  const policy = withIssuersOfEnvironment(JSON.parse(readFileSync(path, 'utf8')) as TokenPolicy, environment);
  const credentials = awsCredentials(environment);
  const readSecret = createSecretReader(credentials, awsEndpoint(environment, 'secretsmanager'));
  return {
    policy,
    tokens: await tokenVerifierOf(policy, readSecret, log),
    store: new ValkeyStore(storePorts(environment, credentials, storeBudgetMilliseconds, log)),
    now: Date.now,
  };
}
