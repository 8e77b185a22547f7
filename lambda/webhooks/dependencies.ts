import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { createOriginSecrets } from '../../runtime/aws/origin-secret.ts';
import { refreshedSecret } from '../../runtime/aws/refreshed-secret.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { openFunctionEventLog } from '../../runtime/events/function-event-log.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ScriptRunner } from '../../runtime/limit-store/script-runner.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { createDeliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import { env, type WebhookSettings, webhooksFileName } from './contract.ts';
import { createFallbackQueue } from './fallback-queue.ts';
import type { WebhookDependencies } from './webhooks.ts';

/** Time budgets of a delivery: together less than the function's time-out, and than a sender's. */
const limitStoreBudgetMilliseconds = 250;
const logBudgetMilliseconds = 4_000;
const queueBudgetMilliseconds = 3_000;

/** Reads the environment and the bundled list of senders, and connects. */
export async function productionDependencies(): Promise<WebhookDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const path = join(requireEnv(environment, 'LAMBDA_TASK_ROOT'), webhooksFileName);
  const settings = JSON.parse(readFileSync(path, 'utf8')) as WebhookSettings;
  const credentials = awsCredentials(environment);
  const readSecret = createSecretReader(credentials, awsEndpoint(environment, 'secretsmanager'));
  const secretOf = (secretId: string) => refreshedSecret(readSecret, secretId, log);
  const originSecret = secretOf(requireEnv(environment, env.originSecretId));
  const secrets = new Map(
    Object.values(settings.sources).map(({ name, secretId }) => [name, secretOf(secretId)]),
  );
  const store = new ScriptRunner(
    readLimitStorePorts(environment, credentials, limitStoreBudgetMilliseconds, log),
  );
  const eventLog = await openFunctionEventLog(
    environment,
    'gatehouse-webhooks',
    logBudgetMilliseconds,
    (text) => process.stdout.write(text),
  );
  const queue = {
    endpoint: awsEndpoint(environment, 'sqs'),
    queueUrl: requireEnv(environment, env.fallbackQueueUrl),
    timeoutMilliseconds: queueBudgetMilliseconds,
  };

  // At start and not in the first delivery, whose sender waits.
  await Promise.all([
    originSecret.current(Date.now()),
    ...[...secrets.values()].map((secret) => secret.current(Date.now())),
    store.warm(limitStoreBudgetMilliseconds),
  ]);
  return {
    settings,
    originSecrets: createOriginSecrets(originSecret),
    secrets,
    delivery: {
      eventLog,
      queue: createFallbackQueue(queue, credentials, log),
      deliveries: createDeliveries(store),
      breaker: new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 5_000 }),
      monotonicNow: () => performance.now(),
      log,
    },
    newOwner: randomUUID,
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}
