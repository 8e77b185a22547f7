import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SigningAlgorithm } from '../../../runtime/contracts/gateway-contract.ts';
import type { Configuration, EnvironmentInput } from '../../config/index.ts';
import { bundleServices, bundling } from '../../features/functions/bundling.ts';
import { createTasks } from '../emulators/ecs/tasks.ts';
import { stopOrphanedServer } from '../emulators/rds/orphaned-server.ts';
import { dataFolder } from '../emulators/rds/postgres-programs.ts';
import type { NamedKey } from '../emulators/rest-api/usage-plans.ts';
import { openAssembly } from '../engine/assembly.ts';
import { attributeValues } from '../engine/attribute-values.ts';
import { startDataPlane } from '../engine/data-plane.ts';
import { Cleanup } from './cleanup.ts';
import { runRecordOf } from './create-run-record.ts';
import { signToken, type TokenClaims } from './issuer/token.ts';
import { localAudience, startLocalDependencies } from './local-dependencies.ts';
import { isWarningOrWorse } from './log-lines.ts';
import { reservePort } from './processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from './processes/process-group.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-records.ts';
import { makeStateFolder, runFolder } from './state-folder.ts';
import { synthesise } from './synthesise.ts';

export interface LocalRunOptions {
  /** Where the gateway listens; 0 takes any free port. */
  readonly port: number;
  /** Of every run; each keeps all that is its own in a folder named by its port. */
  readonly stateFolder: string;
  /** Whether what an earlier run on this port has left is removed first. */
  readonly reset?: boolean;
  /** `REDIS_URL`, `KAFKA_BROKERS`, `DATABASE_URL` and `PATH` are read; the synthesis gets it whole. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One line for each request, in the template's format. */
  readonly accessLog: (line: string) => void;
  /** What a developer should know: a crashed service, an error that a function has logged. */
  readonly notice: (text: string) => void;
  /** Entries that replace those of the environment `local`. */
  readonly entries?: Partial<EnvironmentInput>;
  /** Ends the run, also while it starts. */
  readonly signal?: AbortSignal;
  /** Gets the name of each step of the start before it begins. */
  readonly onStage?: (name: string) => void;
  /** Milliseconds since 1970 for the edge, the API and the load balancer. @default the real time */
  readonly now?: () => number;
}

/** A running gateway on this machine. */
export interface LocalRun {
  /** Where clients call: the edge. */
  readonly url: string;
  /** The API behind the edge. */
  readonly apiUrl: string;
  /** The partner API behind the edge, without its stage. */
  readonly partnerUrl: string;
  /** API keys of the partner API; they are the same in the next run. */
  readonly partnerKeys: readonly NamedKey[];
  readonly issuerUrl: string;
  /** DynamoDB's API for the templates' tables, the Secrets Manager's for their secrets, SQS' for their queues. */
  readonly tablesUrl: string;
  readonly secretsUrl: string;
  readonly queuesUrl: string;
  /** SNS' and CloudWatch's APIs. A GET shows what was published, and what was measured. */
  readonly topicsUrl: string;
  readonly metricsUrl: string;
  /** What they are, and why. */
  readonly limitStore: string;
  readonly eventLog: string;
  readonly database: string;
  /** `file:`, `kafka:`; `postgresql:` with its password. */
  readonly eventLogUrl: string;
  readonly databaseUrl: string;
  /** What other terminals know of it. */
  readonly record: RunRecord;
  /** The runtime policy; a change of it is in force within two seconds. */
  readonly policyFile: string;
  readonly configuration: Configuration;
  /** How long each part of the start took. Some went on side by side. */
  readonly phases: readonly Phase[];
  /** AWS services of the templates that have no part in the run. */
  readonly notEmulated: readonly string[];
  /** A token of the run's issuer. */
  token(claims: TokenClaims, options?: TokenOptions): Promise<string>;
  /** Ends a service's processes and leaves them ended. */
  stopService(name: string): Promise<void>;
  /** Starts them again. Resolves when they accept connections. */
  startService(name: string): Promise<void>;
  /** Processes of the run that are alive: `database`, `limit-store`, services and functions by their names. */
  processes(): ReturnType<ProcessGroup['running']>;
  /** Ends everything that the run has started. */
  close(): Promise<void>;
}

export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
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
 * @throws {Error} when the port is taken, the configuration is faulty, or the templates ask for what is not emulated;
 *   nothing is left running then.
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const cleanup = new Cleanup((fault) => options.notice(`While the run ended: ${fault}`), options.onStage);
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
  const { stateFolder, notice, environment } = options;
  const phases: Phase[] = [];
  const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work;
    phases.push({ name, milliseconds: Math.round(performance.now() - startedAt) });
    return result;
  };
  // From here on no other run can have this port, nor its folder.
  const edgePort = await cleanup.open(
    'port',
    () => reservePort(options.port),
    (port) => port.release(),
  );
  const folder = runFolder(stateFolder, edgePort.port);
  if (options.reset === true) await removeState(folder);
  makeStateFolder(folder);
  const policyFile = join(folder, 'runtime-policy', 'current.json');
  const buildFolder = await openBuildFolder(folder, cleanup);

  const processes = await cleanup.open('processes', createProcessGroup, (group) => group.close());
  const program = join(buildFolder, 'services', 'main.mjs');
  const programBuilt = timed('bundle of the services', buildServicesOrNotice(program, notice));
  // It writes to the folder.
  await cleanup.open(
    'bundle',
    () => ({ programBuilt }),
    async () => void (await programBuilt),
  );
  const onLine = (name: string, line: string, stream: 'stdout' | 'stderr') => {
    if (isWarningOrWorse(line, stream)) notice(`${name}: ${line}`);
  };

  const {
    issuer,
    limitStore: store,
    eventLog,
    database,
    configuration,
    overrides,
    externals,
  } = await timed(
    'issuer and limit store',
    startLocalDependencies({
      processes,
      environment,
      folder,
      cleanup,
      notice,
      now: Date.now,
      preferredIssuerPort: edgePort.port + 1,
      entries: options.entries,
    }),
  );
  // They are ended before the database that they are connected to.
  const tasks = await cleanup.open(
    'tasks',
    () => createTasks({ processes, program, onLine, notice, now: () => performance.now() }),
    (opened) => opened.close(),
  );
  const outputFolder = join(buildFolder, 'cdk.out');
  cleanup.stage('templates');
  await Promise.all([
    timed('database', database.ready),
    timed(
      'templates',
      synthesise({
        processes,
        projectFolder: bundling.absWorkingDir,
        outputFolder,
        overrides,
        environment,
      }),
    ),
  ]);
  const assembly = openAssembly(outputFolder, attributeValues);
  const gateway = await timed(
    'gateway, functions and services',
    startDataPlane({
      assembly,
      region: configuration.environment.region,
      edgePort,
      folder: (kind) => join(folder, kind),
      eventLogUrl: eventLog.url,
      staticFolder: join(stateFolder, 'static'),
      policyFile,
      externals,
      processes,
      tasks,
      programBuilt,
      cleanup,
      onLine,
      accessLog: options.accessLog,
      notice,
      now: options.now ?? Date.now,
    }),
  );
  const record = runRecordOf({ folder, policyFile, issuer, gateway, assembly, configuration });
  await cleanup.open(
    'record',
    () => writeRunRecord(record),
    () => removeRunRecord(folder),
  );
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
    limitStore: store.description,
    eventLog: eventLog.description,
    eventLogUrl: eventLog.url,
    database: database.description,
    databaseUrl: database.url,
    policyFile,
    record,
    configuration,
    phases,
    notEmulated: assembly.unemulatedServices(),
    token: (claims, { lifetimeSeconds = 3_600, algorithm = 'RS256' } = {}) =>
      signToken({
        stateFolder: folder,
        issuer: issuer.url,
        audience: localAudience,
        claims,
        lifetimeSeconds,
        algorithm,
        nowSeconds: Math.floor(Date.now() / 1_000),
      }),
    stopService: (name) => tasks.stop(name),
    startService: (name) => tasks.start(name),
    processes: () => processes.running(),
    close: () => cleanup.run(),
  };
}

/** @param folder of a run that has ended. */
async function removeState(folder: string): Promise<void> {
  await stopOrphanedServer(dataFolder(join(folder, 'database')));
  rmSync(folder, { recursive: true, force: true });
}

/** Templates and programs, for as long as the run lives; an earlier run that was killed may have left some. */
async function openBuildFolder(folder: string, cleanup: Cleanup): Promise<string> {
  const buildFolder = join(folder, 'build');
  const remove = () => rmSync(buildFolder, { recursive: true, force: true });
  removeRunRecord(folder);
  remove();
  await cleanup.open('build folder', () => buildFolder, remove);
  return buildFolder;
}

/** Whether the services could be bundled; when not, the reason is told and the rest of the run goes on. */
async function buildServicesOrNotice(program: string, notice: (text: string) => void): Promise<boolean> {
  try {
    await bundleServices(program);
    return true;
  } catch (error) {
    notice(`The services cannot be bundled, so their routes answer 503.\n${String(error)}`);
    return false;
  }
}
