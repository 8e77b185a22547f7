import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { sendMessage } from '../../runtime/aws/sqs.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { openFunctionEventLog } from '../../runtime/events/function-event-log.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ScriptRunner } from '../../runtime/limit-store/script-runner.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { createDeliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import { env } from './contract.ts';
import type { DrainDependencies } from './drain.ts';

const limitStoreBudgetMilliseconds = 1_000;
const queueBudgetMilliseconds = 3_000;
const logBudgetMilliseconds = 10_000;

/** Reads the environment. */
export async function productionDependencies(): Promise<DrainDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const store = new ScriptRunner(
    readLimitStorePorts(environment, credentials, limitStoreBudgetMilliseconds, log),
  );
  const deadLetters = {
    credentials,
    endpoint: awsEndpoint(environment, 'sqs'),
    queueUrl: requireEnv(environment, env.deadLetterQueueUrl),
    timeoutMilliseconds: queueBudgetMilliseconds,
  };
  return {
    environment: requireEnv(environment, env.environment),
    eventLog: await openFunctionEventLog(
      environment,
      'gatehouse-webhook-drain',
      logBudgetMilliseconds,
      (text) => process.stdout.write(text),
    ),
    deliveries: createDeliveries(store),
    sendToDeadLetterQueue: async ({ id, group, body }) =>
      await sendMessage(deadLetters, body, { groupId: group, deduplicationId: id }),
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}
