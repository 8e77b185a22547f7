import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createConfigurationPoll } from '../../runtime/aws/appconfig-data.ts';
import { type AwsCredentials, awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { createOriginSecrets } from '../../runtime/aws/origin-secret.ts';
import { refreshedSecret } from '../../runtime/aws/refreshed-secret.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import { type Environment, requireEnv } from '../../runtime/environment/environment-variables.ts';
import { dependencyTimeoutMilliseconds } from '../../runtime/http/fetch-json.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { createLog, type Log } from '../../runtime/logging/log.ts';
import { withEnvironmentIssuers } from '../../runtime/tokens/environment-issuers.ts';
import { createPolicyTokenVerifier } from '../../runtime/tokens/policy-token-verifier.ts';
import { env, type Policy, policyFileName } from './contract.ts';
import type { AuthorizerDependencies } from './decision/authorizer.ts';
import { cacheDirectory } from './identity/cached-client-directory.ts';
import type { ClientDirectory } from './identity/client-directory.ts';
import { createDynamoDirectory } from './identity/dynamodb-client-directory.ts';
import { cacheVerifiedTokens } from './identity/verified-tokens.ts';
import { createDynamoUsage } from './limits/dynamodb-usage.ts';
import { createUsageRebuild, type UsageTable } from './limits/quota-recovery.ts';
import { PolicySource } from './policy/policy-source.ts';

/** How long the start waits for the runtime policy; a later answer serves later calls. */
const policyWarmUpMilliseconds = 100;

/** Time budget of a limit-store call, and how long the start waits for the connection. */
const defaultLimitStoreBudgetMilliseconds = 50;
const limitStoreWarmUpMilliseconds = 250;

/** About 2 kB each: some 20 MB at most. */
const maxVerifiedTokens = 10_000;
/** About 200 bytes each. */
const maxLocalCounters = 100_000;

/** Reads the environment and the bundled policy, and connects. */
export async function productionDependencies(): Promise<AuthorizerDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const readSecret = createSecretReader(credentials, awsEndpoint(environment, 'secretsmanager'));
  const originSecrets = refreshedSecret(readSecret, requireEnv(environment, env.originSecretId), log);
  const peppers = refreshedSecret(readSecret, requireEnv(environment, env.keyPepperId), log);
  const limitStoreBudgetMilliseconds = Number(
    environment[env.limitStoreBudgetMilliseconds] ?? defaultLimitStoreBudgetMilliseconds,
  );
  const store = new ValkeyLimitStore(
    readLimitStorePorts(environment, credentials, limitStoreBudgetMilliseconds, log),
  );

  const policy = withEnvironmentIssuers(readPolicy(requireEnv(environment, 'LAMBDA_TASK_ROOT')), environment);
  const policies = policySource(policy, environment, credentials, log);
  const tokens = await createPolicyTokenVerifier(policy, readSecret, log);

  // At start and not in the first call: a provisioned instance starts long before it.
  await Promise.all([
    originSecrets.current(Date.now()),
    peppers.current(Date.now()),
    store.warm(limitStoreWarmUpMilliseconds),
    Promise.race([policies.refresh(), wait(policyWarmUpMilliseconds, undefined, { ref: false })]),
  ]);
  return {
    policies,
    ports: {
      originSecrets: createOriginSecrets(originSecrets),
      tokens: cacheVerifiedTokens(tokens, maxVerifiedTokens),
      directory: cacheDirectory(dynamoDirectory(environment, credentials, log), Date.now),
      peppers,
      limitStore: store,
      localLimitStore: createInMemoryLimitStore(Date.now, new MemoryEntries(maxLocalCounters)),
      usage: createUsageRebuild({
        table: dynamoUsage(environment, credentials),
        limitStore: store,
        now: Date.now,
        budgetMilliseconds: limitStoreBudgetMilliseconds,
        onFailure: (reason) => log.warn('The usage of a client could not be read.', { reason }),
      }),
      random: Math.random,
    },
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}

function readPolicy(folder: string): Policy {
  return JSON.parse(readFileSync(join(folder, policyFileName), 'utf8')) as Policy;
}

function policySource(
  policy: Policy,
  environment: Environment,
  credentials: AwsCredentials,
  log: Log,
): PolicySource {
  const [application = '', name = '', profile = ''] = requireEnv(environment, env.runtimePolicy).split('/');
  const pollSeconds = Number(requireEnv(environment, env.runtimePolicyPollSeconds));
  return new PolicySource({
    policy,
    poll: createConfigurationPoll(credentials, awsEndpoint(environment, 'appconfigdata'), {
      application,
      environment: name,
      profile,
      pollSeconds,
    }),
    pollSeconds,
    timeoutMilliseconds: dependencyTimeoutMilliseconds,
    now: Date.now,
    log,
  });
}

/** An answer of DynamoDB takes a few milliseconds; a call waits at most this long for each of two. */
const directoryTimeoutMilliseconds = 500;

function dynamoDirectory(environment: Environment, credentials: AwsCredentials, log: Log): ClientDirectory {
  return createDynamoDirectory({
    credentials,
    endpoint: awsEndpoint(environment, 'dynamodb'),
    tableName: requireEnv(environment, env.clientsTable),
    timeoutMilliseconds: directoryTimeoutMilliseconds,
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
    log,
  });
}

/** Runs in the background of a call, which waits for a tenth of it: a client's counter is rebuilt once. */
const usageTimeoutMilliseconds = 500;

function dynamoUsage(environment: Environment, credentials: AwsCredentials): UsageTable {
  return createDynamoUsage({
    credentials,
    endpoint: awsEndpoint(environment, 'dynamodb'),
    tableName: requireEnv(environment, env.usageTable),
    timeoutMilliseconds: usageTimeoutMilliseconds,
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
  });
}
