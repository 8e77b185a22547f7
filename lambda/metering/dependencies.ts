import { setTimeout as wait } from 'node:timers/promises';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { publishMessage } from '../../runtime/aws/sns.ts';
import { sendMessage } from '../../runtime/aws/sqs.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { openFunctionEventLog } from '../../runtime/events/function-event-log.ts';
import { keepAliveConnections } from '../../runtime/http/keep-alive-connections.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { createAccessLogTopic } from './access-log-topic.ts';
import { env, type QuotaAlert } from './contract.ts';
import { createLedger } from './ledger.ts';
import { createMeter } from './meter.ts';
import type { MeteringDependencies } from './metering.ts';
import { createQuotaAlerts } from './quota-alerts.ts';

/**
 * Time-outs. No caller waits for metering, so they are long; together they are within the function's
 * time-out.
 */
const tableTimeoutMilliseconds = 3_000;
const limitStoreBudgetMilliseconds = 1_000;
const queueTimeoutMilliseconds = 5_000;
const topicTimeoutMilliseconds = 5_000;
const brokerTimeoutMilliseconds = 8_000;
/** While the brokers are unavailable, one invocation of an instance in this time waits for them. */
const brokerCooldownMilliseconds = 30_000;

/** Reads the environment. Does not connect yet. */
export async function productionDependencies(): Promise<MeteringDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const endpoint = awsEndpoint(environment, 'dynamodb');
  const agent = keepAliveConnections(endpoint);
  const table = (tableName: string) => ({
    credentials,
    endpoint,
    tableName,
    timeoutMilliseconds: tableTimeoutMilliseconds,
    agent,
  });
  const [usageTable, ledgerTable] = [
    table(requireEnv(environment, env.usageTable)),
    table(requireEnv(environment, env.ledgerTable)),
  ];
  const attempts = {
    wait: async (milliseconds: number) => await wait(milliseconds),
    random: Math.random,
  };
  const environmentName = requireEnv(environment, env.environment);
  const topic = {
    credentials,
    endpoint: awsEndpoint(environment, 'sns'),
    topicArn: requireEnv(environment, env.quotaTopicArn),
    timeoutMilliseconds: topicTimeoutMilliseconds,
  };
  const queue = {
    credentials,
    endpoint: awsEndpoint(environment, 'sqs'),
    queueUrl: requireEnv(environment, env.accessLogQueueUrl),
    timeoutMilliseconds: queueTimeoutMilliseconds,
  };
  return {
    environment: environmentName,
    meter: createMeter({
      ...attempts,
      ledger: createLedger({ ...attempts, table: ledgerTable }),
      ledgerTable,
      usageTable,
      limitStore: new ValkeyLimitStore(
        readLimitStorePorts(environment, credentials, limitStoreBudgetMilliseconds, log),
      ),
      alerts: createQuotaAlerts({
        environment: environmentName,
        usageTable,
        publish: async (alert) => await publishMessage(topic, subjectOf(alert), JSON.stringify(alert)),
        now: Date.now,
      }),
      now: Date.now,
    }),
    topic: createAccessLogTopic({
      events: await openFunctionEventLog(
        environment,
        'gatehouse-metering',
        brokerTimeoutMilliseconds,
        (text) => process.stdout.write(text),
      ),
      breaker: new CircuitBreaker({ failuresToOpen: 1, cooldownMilliseconds: brokerCooldownMilliseconds }),
      now: () => performance.now(),
      enqueue: async (body) => await sendMessage(queue, body),
      onFailure: (reason) =>
        log.warn('The event log is unavailable: the access log waits in the queue.', { reason }),
    }),
    sendToDeadLetterQueue: async (body) => {
      await sendMessage({ ...queue, queueUrl: requireEnv(environment, env.deadLetterQueueUrl) }, body);
    },
    log,
    writeMetrics: writeLine,
    now: Date.now,
  };
}

function subjectOf({ environment, kind, percent, month }: QuotaAlert): string {
  return `${environment}: ${percent} % of the ${kind} of ${month} are used`;
}
