import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { metricsNamespace } from '../shared/contract.ts';
import { requireEnv, requireWord } from '../shared/env.ts';
import { keptConnections } from '../shared/kept-connections.ts';
import { createLog } from '../shared/log.ts';
import { sendMessage } from '../shared/sqs.ts';
import { type BusinessEventsDependencies, failureModes } from './business-events.ts';
import { env } from './contract.ts';
import { createState } from './state.ts';

/** Of one call of the table or the queue. */
const timeoutMilliseconds = 3_000;

/** Reads the environment. Nothing is connected yet. */
export function productionDependencies(): BusinessEventsDependencies {
  const environment = process.env;
  const credentials = awsCredentials(environment);
  const endpoint = awsEndpoint(environment, 'dynamodb');
  const queueEndpoint = awsEndpoint(environment, 'sqs');
  const table = {
    credentials,
    endpoint,
    tableName: requireEnv(environment, env.stateTable),
    timeoutMilliseconds,
    agent: keptConnections(endpoint),
  };
  // It finds region, credentials and endpoint in the environment itself, and tries again by itself.
  const cloudWatch = new CloudWatchClient({});
  return {
    environment: requireEnv(environment, env.environment),
    state: createState(table, Date.now),
    putMetrics: async (MetricData) => {
      await cloudWatch.send(new PutMetricDataCommand({ Namespace: metricsNamespace, MetricData }));
    },
    bury: async (message) => {
      const queueUrl = requireEnv(environment, env.deadLettersUrl);
      await sendMessage({ credentials, endpoint: queueEndpoint, queueUrl, timeoutMilliseconds }, message);
    },
    onFailure: requireWord(environment, env.onFailure, failureModes),
    log: createLog((line) => process.stdout.write(`${line}\n`)),
    now: Date.now,
  };
}
