import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import type { TokenPolicy } from '../../runtime/contracts/gateway-contract.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { withEnvironmentIssuers } from '../../runtime/tokens/environment-issuers.ts';
import { createPolicyTokenVerifier } from '../../runtime/tokens/policy-token-verifier.ts';
import { tokenPolicyFileName } from './contract.ts';
import type { RevocationDependencies } from './ports.ts';

/** Longer than the budget of a decision, because a revocation should wait rather than fail. */
const limitStoreBudgetMilliseconds = 1_000;

/** Reads the environment and the bundled token policy. */
export async function productionDependencies(): Promise<RevocationDependencies> {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const path = join(requireEnv(environment, 'LAMBDA_TASK_ROOT'), tokenPolicyFileName);
  const policy = withEnvironmentIssuers(JSON.parse(readFileSync(path, 'utf8')) as TokenPolicy, environment);
  const credentials = awsCredentials(environment);
  const readSecret = createSecretReader(credentials, awsEndpoint(environment, 'secretsmanager'));
  return {
    policy,
    tokens: await createPolicyTokenVerifier(policy, readSecret, log),
    limitStore: new ValkeyLimitStore(
      readLimitStorePorts(environment, credentials, limitStoreBudgetMilliseconds, log),
    ),
    now: Date.now,
  };
}
