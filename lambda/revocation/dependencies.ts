import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials } from '../shared/aws-credentials.ts';
import type { TokenPolicy } from '../shared/contract.ts';
import { requireEnv } from '../shared/env.ts';
import { readJson } from '../shared/http.ts';
import { createLog, describeError } from '../shared/log.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { ValkeyStore } from '../shared/store/valkey-store.ts';
import { withIssuersOfEnvironment } from '../shared/tokens/issuers-of-environment.ts';
import { createKeySets } from '../shared/tokens/key-sets.ts';
import { createTokenVerifier } from '../shared/tokens/token-verifier.ts';
import { tokenPolicyFileName } from './contract.ts';
import type { RevocationDependencies } from './revocation.ts';

/** Longer than a decision may wait: who revokes would rather wait than not be served. */
const storeBudgetMilliseconds = 1_000;

/** Reads the environment and the bundled token policy. */
export function productionDependencies(): RevocationDependencies {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const path = join(requireEnv(environment, 'LAMBDA_TASK_ROOT'), tokenPolicyFileName);
  const keySets = createKeySets({
    fetch: readJson,
    onFailure: (jwksUri, error) =>
      log.error('The key set could not be read.', { jwksUri, error: describeError(error) }),
  });
  return {
    policy: withIssuersOfEnvironment(JSON.parse(readFileSync(path, 'utf8')) as TokenPolicy, environment),
    tokens: createTokenVerifier(keySets),
    store: new ValkeyStore({
      ...storePorts(environment, awsCredentials(environment), log),
      budgetMilliseconds: storeBudgetMilliseconds,
    }),
    now: Date.now,
  };
}
