import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { sendMessage } from '../../runtime/aws/sqs.ts';
import { metricsNamespace } from '../../runtime/contracts/gateway-contract.ts';
import { requireEnv, requireOneOf } from '../../runtime/environment/environment-variables.ts';
import { keepAliveConnections } from '../../runtime/http/keep-alive-connections.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { type BusinessEventsDependencies, failureModes } from './business-events.ts';
import { createBusinessState } from './business-state.ts';
import { env } from './contract.ts';

/** Time-out of one call of the table or the queue. */
const timeoutMilliseconds = 3_000;

/** Reads the environment. Does not connect yet. */
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
    agent: keepAliveConnections(endpoint),
  };
  // The SDK reads region, credentials and endpoint from the environment itself, and retries.
  const cloudWatch = new CloudWatchClient({});
  return {
    environment: requireEnv(environment, env.environment),
    state: createBusinessState(table, Date.now),
    putMetrics: async (MetricData) => {
      await cloudWatch.send(new PutMetricDataCommand({ Namespace: metricsNamespace, MetricData }));
    },
    sendToDeadLetterQueue: async (message) => {
      const queueUrl = requireEnv(environment, env.deadLetterQueueUrl);
      await sendMessage({ credentials, endpoint: queueEndpoint, queueUrl, timeoutMilliseconds }, message);
    },
    onFailure: requireOneOf(environment, env.onFailure, failureModes),
    log: createLog((line) => process.stdout.write(`${line}\n`)),
    now: Date.now,
  };
}
