import { randomInt, randomUUID } from 'node:crypto';
import { env as aggregationEnv } from '../../lambda/aggregation/contract.ts';
import { env as authEnv } from '../../lambda/auth/contract.ts';
import type { Assembly } from './assembly.ts';
import type { Cleanup } from './cleanup.ts';
import { createFeeds } from './feeds.ts';
import { createFunctions } from './functions/functions.ts';
import { startInvokeEndpoint } from './functions/invoke-endpoint.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { startMetrics } from './metrics/metrics.ts';
import { freePort, loopback } from './processes/ports.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startQueues } from './queues/queues.ts';
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
  readonly folder: (kind: 'tables' | 'queues' | 'topics' | 'metrics' | 'logs') => string;
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
  const names = await startServiceNames(readTaskSpecs(assembly), (group) => tasks.targets(group));
  cleanup.add(() => names.close());
  const specs = [...names.specs, ...options.externals];
  const secrets = await startSecretsManager(assembly, options.secretsFolder, randomInt);
  cleanup.add(() => secrets.close());
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
  const feeds = createFeeds(assembly, { ...options, functions, queues, topics, now: Date.now });
  cleanup.add(() => feeds.close());
  const gateway = await startGateway(
    assembly,
    {
      invoke: (reference, event) => functions.invoke(reference, event),
      targets: (targetGroupId) => tasks.targets(targetGroupId),
      secret: (name) => secrets.value(name),
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
    queuesUrl: queues.url,
    topicsUrl: topics.url,
    metricsUrl: metrics.url,
  };
}
