import { join } from 'node:path';
import type { SigningAlgorithm } from '../../../runtime/contracts/gateway-contract.ts';
import type { Configuration, EnvironmentInput } from '../../config/index.ts';
import { bundling } from '../../features/functions/bundling.ts';
import { createTasks, type TaskPorts, type Tasks } from '../emulators/ecs/tasks.ts';
import type { NamedKey } from '../emulators/rest-api/usage-plans.ts';
import { openAssembly } from '../engine/assembly.ts';
import { attributeValues } from '../engine/attribute-values.ts';
import { type DataPlane, type DataPlaneOptions, startDataPlane } from '../engine/data-plane.ts';
import type { Hop } from '../engine/gateway-ports.ts';
import { type CallLog, openCallLog } from './call-log/call-log.ts';
import { Cleanup } from './cleanup.ts';
import { runRecordOf } from './create-run-record.ts';
import { signToken, type TokenClaims } from './issuer/token.ts';
import { type LocalDependencies, localAudience, startLocalDependencies } from './local-dependencies.ts';
import { inheritedVariables, localPrograms } from './own-programs.ts';
import { logFolder, openPlace, openPrograms, type Phase, Phases, type Place } from './place.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-records.ts';
import { synthesise } from './synthesise.ts';

export interface LocalRunOptions {
  /** The port of the gateway; 0 selects a free port. */
  readonly port: number;
  /** The state folder of all runs; each run has a subfolder named after its port. */
  readonly stateFolder: string;
  /** Whether to remove the state of earlier runs on this port first. */
  readonly reset?: boolean;
  /** The run reads `REDIS_URL`, `KAFKA_BROKERS`, `DATABASE_URL` and `PATH`; the synthesis receives all variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Receives one line per request, in the format of the template. */
  readonly accessLog: (line: string) => void;
  /** Receives each step of each request. @default - none are reported */
  readonly hop?: (hop: Hop) => void;
  /** Receives messages for the developer: a crashed service, an error that a function logged. */
  readonly notice: (text: string) => void;
  /** Entries that replace those of the environment `local`. */
  readonly entries?: Partial<EnvironmentInput>;
  /** Stops the run, also while it starts. */
  readonly signal?: AbortSignal;
  /** Receives the name of each step of the start before it begins. */
  readonly onStage?: (name: string) => void;
  /** Milliseconds since 1970 for the edge, the API and the load balancer. @default the real time */
  readonly now?: () => number;
}

/** A running gateway on this machine. */
export interface LocalRun {
  /** The URL for clients: that of the edge. */
  readonly url: string;
  /** The public API behind the edge. */
  readonly apiUrl: string;
  /** The partner API behind the edge, without its stage. */
  readonly partnerUrl: string;
  /** The API keys of the partner API; later runs have the same keys. */
  readonly partnerKeys: readonly NamedKey[];
  readonly issuerUrl: string;
  /** The emulated APIs of DynamoDB, Secrets Manager and SQS. */
  readonly tablesUrl: string;
  readonly secretsUrl: string;
  readonly queuesUrl: string;
  /** The emulated APIs of SNS and CloudWatch. A GET request returns the published messages or the metrics. */
  readonly topicsUrl: string;
  readonly metricsUrl: string;
  /** Descriptions of the limit store, the event log and the database. */
  readonly limitStore: string;
  readonly eventLog: string;
  readonly database: string;
  /** A `file:` or `kafka:` URL; a `postgresql:` URL with its password. */
  readonly eventLogUrl: string;
  readonly databaseUrl: string;
  /** The description of the run for commands in other terminals. */
  readonly record: RunRecord;
  /** The file of the runtime policy; a change applies within two seconds. */
  readonly policyFile: string;
  readonly configuration: Configuration;
  /** The duration of each part of the start; some parts run in parallel. */
  readonly phases: readonly Phase[];
  /** AWS services of the templates that are not emulated. */
  readonly notEmulated: readonly string[];
  /** Creates a token of the issuer of the run. */
  token(claims: TokenClaims, options?: TokenOptions): Promise<string>;
  /** Stops the processes of a service. */
  stopService(name: string): Promise<void>;
  /** Starts the processes of a service again. Resolves when they accept connections. */
  startService(name: string): Promise<void>;
  /** The running processes: `database`, `limit-store`, services and functions by their names. */
  processes(): ReturnType<ProcessGroup['running']>;
  /** Stops everything that the run started. */
  close(): Promise<void>;
}

export interface TokenOptions {
  /** @default 3600 */
  readonly lifetimeSeconds?: number;
  /** @default RS256 */
  readonly algorithm?: SigningAlgorithm;
}

/**
 * Synthesises the environment `local` and serves it.
 *
 * @throws {Error} when the port is in use, the configuration is invalid, or the templates use a property that is not
 *   emulated; then no process stays.
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const cleanup = new Cleanup(
    (fault) => options.notice(`Error while the run stopped: ${fault}`),
    options.onStage,
  );
  const end = () => void cleanup.run();
  options.signal?.addEventListener('abort', end);
  if (options.signal?.aborted === true) end();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  } finally {
    if (options.signal?.aborted === true) await cleanup.run();
  }
}

async function start(options: LocalRunOptions, cleanup: Cleanup): Promise<LocalRun> {
  const phases = new Phases();
  const place = await openPlace(options, cleanup);
  const callLog = await openLogOfCalls(options, place, cleanup);
  const programs = await openPrograms(
    { ...options, processLine: callLog.processLine },
    place,
    cleanup,
    phases,
  );
  const { processes, programBuilt, onLine } = programs;
  const dependencies = await phases.time(
    'issuer and limit store',
    startLocalDependencies({
      processes,
      environment: options.environment,
      folder: place.folder,
      cleanup,
      notice: options.notice,
      now: Date.now,
      preferredIssuerPort: place.edgePort.port + 1,
      entries: options.entries,
    }),
  );
  // The tasks stop before the database, because they are connected to it.
  const tasks = await openTasks(options, programs, cleanup);
  const outputFolder = join(place.buildFolder, 'cdk.out');
  cleanup.stage('templates');
  const { environment } = options;
  const { overrides } = dependencies;
  const projectFolder = bundling.absWorkingDir;
  await Promise.all([
    phases.time('database', dependencies.database.ready),
    phases.time('templates', synthesise({ processes, projectFolder, outputFolder, overrides, environment })),
  ]);
  const assembly = openAssembly(outputFolder, attributeValues);
  const gateway = await phases.time(
    'gateway, functions and services',
    startDataPlane({
      assembly,
      region: dependencies.configuration.environment.region,
      edgePort: place.edgePort,
      folder: (kind) => join(place.folder, kind),
      eventLogUrl: dependencies.eventLog.url,
      staticFolder: join(options.stateFolder, 'static'),
      policyFile: place.policyFile,
      externals: dependencies.externals,
      programs: localPrograms(dependencies.configuration.catalogue),
      processes,
      tasks,
      programBuilt,
      cleanup,
      onLine,
      ...recorded(callLog, options),
      notice: options.notice,
      now: options.now ?? Date.now,
    }),
  );
  const { folder, policyFile } = place;
  const { issuer, configuration } = dependencies;
  const record = runRecordOf({ folder, policyFile, issuer, gateway, assembly, configuration });
  await cleanup.open(
    'record',
    () => writeRunRecord(record),
    () => removeRunRecord(folder),
  );
  return {
    ...describe(gateway, dependencies),
    policyFile,
    record,
    configuration,
    phases: phases.list,
    notEmulated: assembly.unemulatedServices(),
    token: tokenSigner(folder, issuer.url),
    stopService: (name) => tasks.stop(name),
    startService: (name) => tasks.start(name),
    processes: () => processes.running(),
    close: () => cleanup.run(),
  };
}

function openTasks(
  { environment, notice }: LocalRunOptions,
  { processes, program, onLine }: Pick<TaskPorts, 'processes' | 'program' | 'onLine'>,
  cleanup: Cleanup,
): Promise<Tasks> {
  const inherited = inheritedVariables(environment);
  const projectFolder = bundling.absWorkingDir;
  const now = () => performance.now();
  return cleanup.open(
    'tasks',
    () => createTasks({ processes, program, inherited, projectFolder, onLine, notice, now }),
    (opened) => opened.close(),
  );
}

function openLogOfCalls(
  { now = Date.now, notice }: LocalRunOptions,
  { folder }: Place,
  cleanup: Cleanup,
): Promise<CallLog> {
  return cleanup.open(
    'call log',
    () => openCallLog(logFolder(folder), now, notice),
    (log) => log.close(),
  );
}

/** Receives what the gateway reports about requests, for the log of the calls and for the owner of the run. */
function recorded(
  callLog: CallLog,
  { accessLog, hop }: LocalRunOptions,
): Pick<DataPlaneOptions, 'accessLog' | 'hop'> {
  return {
    accessLog: (line) => {
      callLog.accessLog(line);
      accessLog(line);
    },
    hop: (step) => {
      callLog.hop(step);
      hop?.(step);
    },
  };
}

function tokenSigner(stateFolder: string, issuer: string): LocalRun['token'] {
  return (claims, { lifetimeSeconds = 3_600, algorithm = 'RS256' } = {}) => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const audience = localAudience;
    return signToken({ stateFolder, issuer, audience, claims, lifetimeSeconds, algorithm, nowSeconds });
  };
}

function describe(gateway: DataPlane, { issuer, limitStore, eventLog, database }: LocalDependencies) {
  return {
    url: gateway.edgeUrl,
    apiUrl: gateway.apiUrl,
    partnerUrl: gateway.partnerUrl,
    partnerKeys: gateway.partnerKeys,
    issuerUrl: issuer.url,
    tablesUrl: gateway.tablesUrl,
    secretsUrl: gateway.secretsUrl,
    queuesUrl: gateway.queuesUrl,
    topicsUrl: gateway.topicsUrl,
    metricsUrl: gateway.metricsUrl,
    limitStore: limitStore.description,
    eventLog: eventLog.description,
    eventLogUrl: eventLog.url,
    database: database.description,
    databaseUrl: database.url,
  };
}
