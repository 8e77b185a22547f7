import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { requireEnv } from '../shared/env.ts';
import { openFunctionEventLog } from '../shared/events/function-event-log.ts';
import { createLog } from '../shared/log.ts';
import { sendMessage } from '../shared/sqs.ts';
import { ScriptRunner } from '../shared/store/script-runner.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { createDeliveries } from '../shared/webhook-deliveries.ts';
import { env } from './contract.ts';
import type { DrainDependencies } from './drain.ts';

const storeBudgetMilliseconds = 1_000;
const queueBudgetMilliseconds = 3_000;
const logBudgetMilliseconds = 10_000;

/** Reads the environment. */
export async function productionDependencies(): Promise<DrainDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const store = new ScriptRunner(storePorts(environment, credentials, storeBudgetMilliseconds, log));
  const deadLetters = {
    credentials,
    endpoint: awsEndpoint(environment, 'sqs'),
    queueUrl: requireEnv(environment, env.deadLettersUrl),
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
    bury: async ({ id, group, body }) =>
      await sendMessage(deadLetters, body, { groupId: group, deduplicationId: id }),
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}
