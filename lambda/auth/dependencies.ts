import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { type Environment, optionalEnv, requireEnv } from '../shared/env.ts';
import { readJson } from '../shared/http.ts';
import { createLog, describeError } from '../shared/log.ts';
import { type Freshness, Refreshed } from '../shared/refreshed.ts';
import { createSecretReader } from '../shared/secrets-manager.ts';
import { createMemoryStore, MemoryEntries } from '../shared/store/memory-store.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { ValkeyStore } from '../shared/store/valkey-store.ts';
import type { AuthorizerDependencies } from './authorizer.ts';
import { env, type Policy, policyFileName } from './contract.ts';
import { createKeySets } from './key-sets.ts';
import { createOriginSecrets } from './origin-secret.ts';
import { preparePolicy } from './prepared-policy.ts';
import { createTokenVerifier } from './token-verifier.ts';
import { rememberVerified } from './verified-tokens.ts';

/** What the store may cost a call, and how long start-up waits to be connected. */
const storeBudgetMilliseconds = 50;
const storeWarmUpMilliseconds = 250;

/** A rotated secret is served within a minute; a call with an unknown one asks for it at most every five seconds. */
const originSecretFreshness: Freshness = {
  freshMilliseconds: 60_000,
  staleMilliseconds: 10 * 60_000,
  cooldownMilliseconds: 5_000,
};

/** About 2 kB each: some 20 MB at most. */
const maxVerifiedTokens = 10_000;
/** About 200 bytes each. */
const maxLocalCounters = 100_000;

/** Reads the environment and the bundled policy, and connects. */
export async function productionDependencies(): Promise<AuthorizerDependencies> {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const credentials = awsCredentials(environment);
  const readSecret = createSecretReader(credentials, secretsManagerEndpoint(environment));
  const originSecretId = requireEnv(environment, env.originSecretId);
  const originSecrets = new Refreshed(
    () => readSecret(originSecretId),
    originSecretFreshness,
    (error) => log.error('The origin secret could not be read.', { error: describeError(error) }),
  );
  const keySets = createKeySets({
    fetch: readJson,
    onFailure: (jwksUri, error) =>
      log.error('The key set could not be read.', { jwksUri, error: describeError(error) }),
  });
  const store = new ValkeyStore(storePorts(environment, credentials, storeBudgetMilliseconds, log));

  // Now rather than in the first call: an instance that is kept warm starts long before it.
  await Promise.all([originSecrets.current(Date.now()), store.warm(storeWarmUpMilliseconds)]);
  return {
    policy: preparePolicy(readPolicy(requireEnv(environment, 'LAMBDA_TASK_ROOT'))),
    ports: {
      originSecrets: createOriginSecrets(originSecrets),
      tokens: rememberVerified(createTokenVerifier(keySets), maxVerifiedTokens),
      store,
      localStore: createMemoryStore(Date.now, new MemoryEntries(maxLocalCounters)),
    },
    now: Date.now,
    log,
  };
}

function readPolicy(folder: string): Policy {
  return JSON.parse(readFileSync(join(folder, policyFileName), 'utf8')) as Policy;
}

function secretsManagerEndpoint(environment: Environment): string {
  return (
    optionalEnv(environment, 'AWS_ENDPOINT_URL_SECRETS_MANAGER') ??
    `https://secretsmanager.${requireEnv(environment, 'AWS_REGION')}.amazonaws.com`
  );
}
