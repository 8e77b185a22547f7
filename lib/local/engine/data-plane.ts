import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { env as aggregationEnv } from '../../../lambda/aggregation/contract.ts';
import { env as authEnv } from '../../../lambda/auth/contract.ts';
import { startRuntimePolicy } from '../emulators/appconfig/local-runtime-policy.ts';
import { startCloudFrontApi } from '../emulators/cloudfront/cloudfront-api.ts';
import { openKeyValues } from '../emulators/cloudfront/key-values.ts';
import { startMetrics } from '../emulators/cloudwatch/metrics.ts';
import { startTables } from '../emulators/dynamodb/tables.ts';
import { startServiceConnect } from '../emulators/ecs/service-connect.ts';
import { readTaskSpecs, type TaskSpec } from '../emulators/ecs/task-specs.ts';
import type { Tasks } from '../emulators/ecs/tasks.ts';
import { createFunctions } from '../emulators/lambda/functions.ts';
import { startInvokeEndpoint } from '../emulators/lambda/invoke-endpoint.ts';
import { apiKeyValues } from '../emulators/rest-api/api-key-values.ts';
import { startControlPlane } from '../emulators/rest-api/control-plane.ts';
import { type NamedKey, UsagePlans } from '../emulators/rest-api/usage-plans.ts';
import { startBucket } from '../emulators/s3/bucket.ts';
import { startSecretsManager } from '../emulators/secrets-manager/secrets-manager.ts';
import { startTopics } from '../emulators/sns/topics.ts';
import { startQueues } from '../emulators/sqs/queues.ts';
import type { Cleanup } from '../run/cleanup.ts';
import { freePort, loopback, type ReservedPort } from '../run/processes/ports.ts';
import type { ProcessGroup } from '../run/processes/process-group.ts';
import type { Assembly } from './assembly.ts';
import { createEventTriggers } from './event-triggers.ts';
import { type Gateway, startGateway } from './gateway.ts';

export interface DataPlaneOptions {
  readonly assembly: Assembly;
  readonly region: string;
  /** Kept for the edge. */
  readonly edgePort: ReservedPort;
  /** Where this run keeps what is to outlive it, by kind. */
  readonly folder: (kind: 'tables' | 'queues' | 'topics' | 'metrics' | 'logs' | 'edge' | 'secrets') => string;
  /** Static files, as they lie in their bucket. */
  readonly staticFolder: string;
  /** The log of events, which mappings of topics read. */
  readonly eventLogUrl: string;
  /** The runtime policy is watched there. */
  readonly policyFile: string;
  /** Services that run beside those of the templates. */
  readonly externals: readonly TaskSpec[];
  readonly processes: ProcessGroup;
  readonly tasks: Tasks;
  /** Whether the services' program is there; without it they do not run. */
  readonly programBuilt: Promise<boolean>;
  readonly cleanup: Cleanup;
  readonly onLine: (name: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly accessLog: (line: string) => void;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970 for the edge, the API and the load balancer. */
  readonly now: () => number;
}

/** The gateway, and where the AWS APIs are that the run stands in for. */
export interface DataPlane extends Gateway {
  readonly tablesUrl: string;
  readonly secretsUrl: string;
  readonly lambdaUrl: string;
  /** Of the partner API. */
  readonly partnerKeys: readonly NamedKey[];
  /** CloudFront's own, and that of its key-value stores. */
  readonly cloudfrontUrl: string;
  readonly queuesUrl: string;
  readonly topicsUrl: string;
  readonly metricsUrl: string;
}

/**
 * Starts what the templates describe: secrets, functions, services, and the gateway in front of them. A function or
 * service that does not start is told of, and the rest serves.
 *
 * @throws {UnsupportedError} when the templates ask for what is not emulated.
 */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { assembly, cleanup, notice, tasks } = options;
  const open = <Resource extends { close(): void | Promise<void> }>(
    name: string,
    opening: () => Resource | Promise<Resource>,
  ) => cleanup.open(name, opening, (resource) => resource.close());

  const secrets = await open('secrets', () =>
    startSecretsManager(assembly, options.folder('secrets'), randomInt),
  );
  const taskSpecs = readTaskSpecs(assembly, (name) => secrets.value(name));
  for (const { name, sideCars = [] } of taskSpecs) {
    if (sideCars.length > 0) notice(`Beside ${name}, this is not run: ${sideCars.join(', ')}.`);
  }
  const names = await open('names of services', () =>
    startServiceConnect(taskSpecs, (group) => tasks.targets(group)),
  );
  const specs = [...names.specs, ...options.externals];
  const tables = await open('tables', () => startTables(assembly, options.folder('tables')));
  const queues = await open('queues', () =>
    startQueues(assembly, { folder: options.folder('queues'), region: options.region, now: Date.now }),
  );
  const topics = await open('topics', () =>
    startTopics(assembly, { queues, folder: options.folder('topics'), notice, now: Date.now }),
  );
  const metrics = await open('metrics', () => startMetrics(options.folder('metrics'), Date.now));
  const policy = await open('runtime policy', () =>
    startRuntimePolicy(assembly, { file: options.policyFile, functions: () => functions, notice }),
  );
  const usagePlans = new UsagePlans(
    assembly,
    await apiKeyValues(assembly, options.folder('secrets'), randomInt),
    options.now,
  );
  const controlPlane = await open('control plane', () => startControlPlane(usagePlans));
  const loadBalancerPort = await freePort();
  const functions = createFunctions(
    assembly,
    {
      region: options.region,
      variables: {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        AWS_ENDPOINT_URL_DYNAMODB: tables.url,
        AWS_ENDPOINT_URL_SQS: queues.url,
        AWS_ENDPOINT_URL_SNS: topics.url,
        AWS_ENDPOINT_URL_CLOUDWATCH: metrics.url,
        AWS_ENDPOINT_URL_APPCONFIGDATA: policy.url,
        AWS_ENDPOINT_URL_API_GATEWAY: controlPlane.url,
        // Lambda has a newer Node than a laptop may have.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        [authEnv.runtimePolicyPollSeconds]: '1',
        // A laptop shares its cores among all of AWS, and what came late would count as away.
        [authEnv.limitStoreBudgetMilliseconds]: '500',
        // A laptop has no name for it.
        [aggregationEnv.loadBalancerUrl]: `http://${loopback}:${loadBalancerPort}`,
      },
    },
    {
      processes: options.processes,
      onLine: options.onLine,
      notice,
      now: Date.now,
      newRequestId: randomUUID,
    },
  );
  const invocations = await open('invocations', () => startInvokeEndpoint(functions));
  const files = await open('static files', () => startBucket(options.staticFolder));
  const keyValues = openKeyValues(join(options.folder('edge'), 'key-values.json'));
  const feeds = await open('feeds', () =>
    createEventTriggers(assembly, { ...options, functions, queues, topics, now: Date.now }),
  );
  await options.edgePort.release();
  const gateway = await open('gateway', () =>
    startGateway(
      assembly,
      {
        // One bucket is an origin: the edge's static files.
        bucketUrl: () => files.url,
        keyValue: (storeId, key) => keyValues.get(storeId, key),
        invoke: (reference, event) => functions.invoke(reference, event),
        targets: (targetGroupId) => tasks.targets(targetGroupId),
        secret: (name) => secrets.value(name),
        usagePlans,
        now: options.now,
        requestId: randomUUID,
        accessLog: (line) => {
          options.accessLog(line);
          feeds.accessLog(line);
        },
        notice,
      },
      { edgePort: options.edgePort.port, loadBalancerPort, host: loopback },
    ),
  );
  const cloudfront = await open('CloudFront', () =>
    startCloudFrontApi(assembly, { keyValues, invalidate: gateway.invalidate }),
  );
  const runServices = async () => {
    const isBuilt = await options.programBuilt;
    cleanup.throwIfEnded();
    if (isBuilt) await Promise.all(specs.map((spec) => tasks.run(spec)));
  };
  const runFunctions = async () => {
    await policy.deploy();
    cleanup.throwIfEnded();
    await functions.warm();
  };
  // Both are ended by what is registered already, so their own ends are not waited for.
  cleanup.stage('functions and services');
  await Promise.all([runFunctions(), runServices()]);
  cleanup.stage('event sources');
  await feeds.start();
  cleanup.throwIfEnded();
  return {
    ...gateway,
    tablesUrl: tables.url,
    secretsUrl: secrets.url,
    lambdaUrl: invocations.url,
    partnerKeys: usagePlans.keys,
    cloudfrontUrl: cloudfront.url,
    queuesUrl: queues.url,
    topicsUrl: topics.url,
    metricsUrl: metrics.url,
  };
}
