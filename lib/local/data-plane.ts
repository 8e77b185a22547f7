import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { env as aggregationEnv } from '../../lambda/aggregation/contract.ts';
import { env as authEnv } from '../../lambda/auth/contract.ts';
import type { Assembly } from './assembly.ts';
import type { Cleanup } from './cleanup.ts';
import { startBucket } from './edge/bucket.ts';
import { startCloudFrontApi } from './edge/cloudfront-api.ts';
import { openKeyValues } from './edge/key-values.ts';
import { createFeeds } from './feeds.ts';
import { createFunctions } from './functions/functions.ts';
import { startInvokeEndpoint } from './functions/invoke-endpoint.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { startMetrics } from './metrics/metrics.ts';
import { freePort, loopback } from './processes/ports.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startQueues } from './queues/queues.ts';
import { apiKeyValues } from './rest-api/api-key-values.ts';
import { startControlPlane } from './rest-api/control-plane.ts';
import { type NamedKey, UsagePlans } from './rest-api/usage-plans.ts';
import { startRuntimePolicy } from './runtime-policy/runtime-policy.ts';
import { startSecretsManager } from './secrets/secrets-manager.ts';
import { startTables } from './tables/tables.ts';
import { startServiceNames } from './tasks/service-names.ts';
import { readTaskSpecs, type TaskSpec } from './tasks/task-specs.ts';
import type { Tasks } from './tasks/tasks.ts';
import { startTopics } from './topics/topics.ts';

export interface DataPlaneOptions {
  readonly assembly: Assembly;
  readonly region: string;
  readonly edgePort: number;
  /** Where this run keeps what is to outlive it, by kind. */
  readonly folder: (kind: 'tables' | 'queues' | 'topics' | 'metrics' | 'logs' | 'edge') => string;
  /** Static files, as they lie in their bucket. */
  readonly staticFolder: string;
  /** The log of events, which mappings of topics read. */
  readonly eventLogUrl: string;
  /** Generated secrets are kept there, so that what was made with one outlives a restart. */
  readonly secretsFolder: string;
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
  /** Of the partner door. */
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
  const secrets = await startSecretsManager(assembly, options.secretsFolder, randomInt);
  cleanup.add(() => secrets.close());
  const taskSpecs = readTaskSpecs(assembly, (name) => secrets.value(name));
  for (const { name, sideCars = [] } of taskSpecs) {
    if (sideCars.length > 0) notice(`Beside ${name}, this is not run: ${sideCars.join(', ')}.`);
  }
  const names = await startServiceNames(taskSpecs, (group) => tasks.targets(group));
  cleanup.add(() => names.close());
  const specs = [...names.specs, ...options.externals];
  const tables = await startTables(assembly, options.folder('tables'));
  cleanup.add(() => tables.close());
  const queues = await startQueues(assembly, {
    folder: options.folder('queues'),
    region: options.region,
    now: Date.now,
  });
  cleanup.add(() => queues.close());
  const topics = await startTopics(assembly, {
    queues,
    folder: options.folder('topics'),
    notice,
    now: Date.now,
  });
  cleanup.add(() => topics.close());
  const metrics = await startMetrics(options.folder('metrics'), Date.now);
  cleanup.add(() => metrics.close());
  const policy = await startRuntimePolicy(assembly, {
    file: options.policyFile,
    functions: () => functions,
    notice,
  });
  cleanup.add(() => policy.close());
  const usagePlans = new UsagePlans(
    assembly,
    await apiKeyValues(assembly, options.secretsFolder, randomInt),
    options.now,
  );
  const controlPlane = await startControlPlane(usagePlans);
  cleanup.add(() => controlPlane.close());
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
  const invocations = await startInvokeEndpoint(functions);
  cleanup.add(() => invocations.close());
  const files = await startBucket(options.staticFolder);
  cleanup.add(() => files.close());
  const keyValues = openKeyValues(join(options.folder('edge'), 'key-values.json'));
  const feeds = createFeeds(assembly, { ...options, functions, queues, topics, now: Date.now });
  cleanup.add(() => feeds.close());
  const gateway = await startGateway(
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
    { edgePort: options.edgePort, loadBalancerPort, host: loopback },
  );
  cleanup.add(() => gateway.close());
  const cloudfront = await startCloudFrontApi(assembly, { keyValues, invalidate: gateway.invalidate });
  cleanup.add(() => cloudfront.close());
  const runServices = async () => {
    if (await options.programBuilt) await Promise.all(specs.map((spec) => tasks.run(spec)));
  };
  const runFunctions = async () => {
    await policy.deploy();
    await functions.warm();
  };
  await Promise.all([runFunctions(), runServices()]);
  await feeds.start();
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
