import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { metricsNamespace } from '../shared/contract.ts';
import { requireEnv } from '../shared/env.ts';
import { keptConnections } from '../shared/kept-connections.ts';
import { createLog } from '../shared/log.ts';
import type { BusinessEventsDependencies } from './business-events.ts';
import { env } from './contract.ts';
import { createState } from './state.ts';

const tableTimeoutMilliseconds = 3_000;

/** Reads the environment. Nothing is connected yet. */
export function productionDependencies(): BusinessEventsDependencies {
  const environment = process.env;
  const endpoint = awsEndpoint(environment, 'dynamodb');
  const table = {
    credentials: awsCredentials(environment),
    endpoint,
    tableName: requireEnv(environment, env.stateTable),
    timeoutMilliseconds: tableTimeoutMilliseconds,
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
    log: createLog((line) => process.stdout.write(`${line}\n`)),
    now: Date.now,
  };
}
