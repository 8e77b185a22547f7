import { setTimeout as wait } from 'node:timers/promises';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { requireEnv } from '../shared/env.ts';
import { openFunctionEventLog } from '../shared/events/function-event-log.ts';
import { keptConnections } from '../shared/kept-connections.ts';
import { createLog } from '../shared/log.ts';
import { publishMessage } from '../shared/sns.ts';
import { sendMessage } from '../shared/sqs.ts';
import { CircuitBreaker } from '../shared/store/circuit-breaker.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { ValkeyStore } from '../shared/store/valkey-store.ts';
import { createAccessLogTopic } from './access-log-topic.ts';
import { env, type QuotaAlert } from './contract.ts';
import { createLedger } from './ledger.ts';
import { createMeter } from './meter.ts';
import type { MeteringDependencies } from './metering.ts';
import { createQuotaAlerts } from './quota-alerts.ts';

/** Nobody waits for metering, so each may take its time; all of them end within the function's. */
const tableTimeoutMilliseconds = 3_000;
const storeBudgetMilliseconds = 1_000;
const queueTimeoutMilliseconds = 5_000;
const topicTimeoutMilliseconds = 5_000;
const brokerTimeoutMilliseconds = 8_000;
/** While the brokers are away, one invocation of an instance in this time waits for them. */
const brokerCooldownMilliseconds = 30_000;

/** Reads the environment. Nothing is connected yet. */
export async function productionDependencies(): Promise<MeteringDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const endpoint = awsEndpoint(environment, 'dynamodb');
  const agent = keptConnections(endpoint);
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
      store: new ValkeyStore(storePorts(environment, credentials, storeBudgetMilliseconds, log)),
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
      onFailure: (because) =>
        log.warn('The event log is away: the access log waits in the queue.', { because }),
    }),
    bury: async (body) => {
      await sendMessage({ ...queue, queueUrl: requireEnv(environment, env.deadLettersUrl) }, body);
    },
    log,
    writeMetrics: writeLine,
    now: Date.now,
  };
}

function subjectOf({ environment, kind, percent, month }: QuotaAlert): string {
  return `${environment}: ${percent} % of the ${kind} of ${month} are used`;
}
