import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { env as aggregationEnv } from '../../../lambda/aggregation/contract.ts';
import { env as authEnv } from '../../../lambda/auth/contract.ts';
import { type RuntimePolicy, startRuntimePolicy } from '../emulators/appconfig/local-runtime-policy.ts';
import { startCloudFrontApi } from '../emulators/cloudfront/cloudfront-api.ts';
import { openKeyValues } from '../emulators/cloudfront/key-values.ts';
import { startMetrics } from '../emulators/cloudwatch/metrics.ts';
import { startTables } from '../emulators/dynamodb/tables.ts';
import { startServiceConnect } from '../emulators/ecs/service-connect.ts';
import { readTaskSpecs, type TaskProgram, type TaskSpec } from '../emulators/ecs/task-specs.ts';
import type { Tasks } from '../emulators/ecs/tasks.ts';
import { createFunctions, type Functions } from '../emulators/lambda/functions.ts';
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
import type { Hop } from './gateway-ports.ts';

export interface DataPlaneOptions {
  readonly assembly: Assembly;
  readonly region: string;
  /** The reserved port of the edge. */
  readonly edgePort: ReservedPort;
  /** The folder of the persistent state of this run, by kind. */
  readonly folder: (kind: 'tables' | 'queues' | 'topics' | 'metrics' | 'logs' | 'edge' | 'secrets') => string;
  /** The folder of the static files of the edge. */
  readonly staticFolder: string;
  /** The event log that topic mappings read. */
  readonly eventLogUrl: string;
  /** The file of the runtime policy; changes are deployed. */
  readonly policyFile: string;
  /** Additional services, which are not in the templates. */
  readonly externals: readonly TaskSpec[];
  /** What answers for services that are not roles of the shop, by their name. */
  readonly programs: Readonly<Record<string, TaskProgram>>;
  readonly processes: ProcessGroup;
  readonly tasks: Tasks;
  /** Resolves to whether the bundle of the services exists; without it they do not start. */
  readonly programBuilt: Promise<boolean>;
  readonly cleanup: Cleanup;
  readonly onLine: (name: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly accessLog: (line: string) => void;
  readonly hop: (hop: Hop) => void;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970 for the edge, the API and the load balancer. */
  readonly now: () => number;
}

/** The gateway, and the URLs of the emulated AWS APIs. */
export interface DataPlane extends Gateway {
  readonly tablesUrl: string;
  readonly secretsUrl: string;
  readonly lambdaUrl: string;
  /** API keys of the partner API. */
  readonly partnerKeys: readonly NamedKey[];
  /** The API of CloudFront and of its key-value stores. */
  readonly cloudfrontUrl: string;
  readonly queuesUrl: string;
  readonly topicsUrl: string;
  readonly metricsUrl: string;
}

/** Starts a part of the run; the end of the run closes all parts in reverse order. */
type OpenPart = <Part extends { close(): void | Promise<void> }>(
  name: string,
  start: () => Part | Promise<Part>,
) => Promise<Part>;

/**
 * Starts the resources of the templates in order: the AWS APIs, the functions, the gateway; then the processes of
 * services and functions, and the event sources. A function or service that does not start is reported, and the rest
 * of the run continues.
 *
 * @throws {UnsupportedError} when the templates use a property that is not emulated.
 */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { assembly, cleanup } = options;
  const open: OpenPart = (name, start) => cleanup.open(name, start, (part) => part.close());
  const apis = await startAwsApis(options, open, () => functions);
  const loadBalancerPort = await freePort();
  const functions = createLocalFunctions(options, apis, loadBalancerPort);
  const lambda = await open('Lambda API', () => startInvokeEndpoint(functions));
  const files = await open('static files', () => startBucket(options.staticFolder));
  const { queues, topics } = apis;
  const triggers = await open('event triggers', () =>
    createEventTriggers(assembly, { ...options, functions, queues, topics, now: Date.now }),
  );
  await options.edgePort.release();
  const keyValues = openKeyValues(join(options.folder('edge'), 'key-values.json'));
  const gateway = await open('gateway', () =>
    startGateway(
      assembly,
      {
        // The only bucket that is an origin holds the static files of the edge.
        bucketUrl: () => files.url,
        keyValue: (storeId, key) => keyValues.get(storeId, key),
        invoke: (reference, event) => functions.invoke(reference, event),
        targets: (targetGroupId) => options.tasks.targets(targetGroupId),
        secret: (name) => apis.secrets.value(name),
        usagePlans: apis.usagePlans,
        now: options.now,
        requestId: randomUUID,
        accessLog: (line) => {
          options.accessLog(line);
          triggers.accessLog(line);
        },
        hop: options.hop,
        notice: options.notice,
      },
      { edgePort: options.edgePort.port, loadBalancerPort, host: loopback },
    ),
  );
  const cloudfront = await open('CloudFront API', () =>
    startCloudFrontApi(assembly, { keyValues, invalidate: gateway.invalidate }),
  );
  // The parts above close the processes of services and functions, so these need no close of their own.
  cleanup.stage('functions and services');
  await Promise.all([
    startFunctions(options, apis.policy, functions),
    startServices(options, apis.taskSpecs),
  ]);
  cleanup.stage('event sources');
  await triggers.start();
  cleanup.throwIfEnded();
  return {
    ...gateway,
    tablesUrl: apis.tables.url,
    secretsUrl: apis.secrets.url,
    lambdaUrl: lambda.url,
    partnerKeys: apis.usagePlans.keys,
    cloudfrontUrl: cloudfront.url,
    queuesUrl: queues.url,
    topicsUrl: topics.url,
    metricsUrl: apis.metrics.url,
  };
}

type AwsApis = Awaited<ReturnType<typeof startAwsApis>>;

/** Starts the AWS APIs that functions and services call, and reads the specifications of the services. */
async function startAwsApis(options: DataPlaneOptions, open: OpenPart, functions: () => Functions) {
  const { assembly, notice, folder, region } = options;
  const secrets = await open('Secrets Manager', () =>
    startSecretsManager(assembly, folder('secrets'), randomInt),
  );
  const ownSpecs = readTaskSpecs(assembly, (name) => secrets.value(name));
  for (const { name, sideCars = [] } of ownSpecs) {
    if (sideCars.length > 0) notice(`The local run skips the sidecars of ${name}: ${sideCars.join(', ')}.`);
  }
  const names = await open('service names', () =>
    startServiceConnect(ownSpecs, (group) => options.tasks.targets(group)),
  );
  const tables = await open('DynamoDB', () => startTables(assembly, folder('tables')));
  const queues = await open('SQS', () =>
    startQueues(assembly, { folder: folder('queues'), region, now: Date.now }),
  );
  const topics = await open('SNS', () =>
    startTopics(assembly, { queues, folder: folder('topics'), notice, now: Date.now }),
  );
  const metrics = await open('CloudWatch', () => startMetrics(folder('metrics'), Date.now));
  const policy = await open('AppConfig', () =>
    startRuntimePolicy(assembly, { file: options.policyFile, functions, notice }),
  );
  const keyValues = await apiKeyValues(assembly, folder('secrets'), randomInt);
  const usagePlans = new UsagePlans(assembly, keyValues, options.now);
  const controlPlane = await open('API Gateway', () => startControlPlane(usagePlans));
  const taskSpecs = [...names.specs.map(withProgram(options.programs)), ...options.externals];
  return { secrets, tables, queues, topics, metrics, policy, usagePlans, controlPlane, taskSpecs };
}

function withProgram(programs: DataPlaneOptions['programs']) {
  return (spec: TaskSpec): TaskSpec => {
    const program = programs[spec.name];
    return program === undefined ? spec : { ...spec, program };
  };
}

function createLocalFunctions(
  { assembly, region, processes, onLine, notice }: DataPlaneOptions,
  apis: AwsApis,
  loadBalancerPort: number,
): Functions {
  const variables = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: apis.secrets.url,
    AWS_ENDPOINT_URL_DYNAMODB: apis.tables.url,
    AWS_ENDPOINT_URL_SQS: apis.queues.url,
    AWS_ENDPOINT_URL_SNS: apis.topics.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: apis.metrics.url,
    AWS_ENDPOINT_URL_APPCONFIGDATA: apis.policy.url,
    AWS_ENDPOINT_URL_API_GATEWAY: apis.controlPlane.url,
    // Lambda has a newer Node.js than this machine may have.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    [authEnv.runtimePolicyPollSeconds]: '0.2',
    // All processes share the cores of this machine: with the budget of AWS, a slow reply would count as a failure.
    [authEnv.limitStoreBudgetMilliseconds]: '1000',
    // The host name of the load balancer does not exist locally.
    [aggregationEnv.loadBalancerUrl]: `http://${loopback}:${loadBalancerPort}`,
  };
  const ports = { processes, onLine, notice, now: Date.now, newRequestId: randomUUID };
  return createFunctions(assembly, { region, variables }, ports);
}

async function startFunctions(
  { cleanup }: DataPlaneOptions,
  policy: RuntimePolicy,
  functions: Functions,
): Promise<void> {
  await policy.deploy();
  cleanup.throwIfEnded();
  await functions.warm();
}

/** Starts the services; without their bundle, they stay stopped. */
async function startServices(
  { cleanup, programBuilt, tasks }: DataPlaneOptions,
  specs: readonly TaskSpec[],
): Promise<void> {
  const isBuilt = await programBuilt;
  cleanup.throwIfEnded();
  if (isBuilt) await Promise.all(specs.map((spec) => tasks.run(spec)));
}
