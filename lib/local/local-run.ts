import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SigningAlgorithm } from '../../lambda/shared/contract.ts';
import { bundleServices, bundling } from '../bundling.ts';
import type { Configuration, EnvironmentInput } from '../config/index.ts';
import { openAssembly } from './assembly.ts';
import { attributeValues } from './attribute-values.ts';
import { Cleanup } from './cleanup.ts';
import { startDataPlane } from './data-plane.ts';
import { signToken, type TokenClaims } from './issuer/token.ts';
import { isTrouble } from './log-lines.ts';
import { readEdgeOperations, readOperations } from './operations.ts';
import { freePort, loopback, requireFreePort } from './processes/ports.ts';
import { createProcessGroup } from './processes/process-group.ts';
import type { NamedKey } from './rest-api/usage-plans.ts';
import { makeStateFolder, writeRunState } from './state-folder.ts';
import { localAudience, startSurroundings } from './surroundings.ts';
import { synthesise } from './synthesise.ts';
import { createTasks } from './tasks/tasks.ts';

export interface LocalRunOptions {
  /** Where the gateway listens; 0 takes any free port. */
  readonly port: number;
  /** Keys, events and, while it runs, templates are kept there. Runs on different ports may share it. */
  readonly stateFolder: string;
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
  /** Milliseconds since 1970 for the edge, the API and the load balancer. @default the real time */
  readonly now?: () => number;
}

/** A running gateway on this machine. */
export interface LocalRun {
  /** Where clients call: the edge. */
  readonly url: string;
  /** The API behind the edge. */
  readonly apiUrl: string;
  /** The partner door behind the edge, without its stage. */
  readonly partnerUrl: string;
  /** API keys of the partner door; they are the same in the next run. */
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
  readonly store: string;
  readonly eventLog: string;
  readonly database: string;
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
  const cleanup = new Cleanup();
  options.signal?.addEventListener('abort', () => void cleanup.run());
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
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
  if (options.port !== 0) await requireFreePort(options.port, loopback);
  const edgePort = options.port === 0 ? await freePort() : options.port;
  makeStateFolder(stateFolder);
  const policyFile = join(stateFolder, 'runtime-policy', String(edgePort), 'current.json');
  const runFolder = join(stateFolder, 'runs', String(edgePort));
  const removeRunFolder = () => rmSync(runFolder, { recursive: true, force: true });
  removeRunFolder();
  cleanup.add(removeRunFolder);

  const processes = createProcessGroup();
  cleanup.add(() => processes.close());
  const program = join(runFolder, 'services', 'main.mjs');
  const programBuilt = timed('bundle of the services', builtOrTold(program, notice));
  cleanup.add(async () => void (await programBuilt)); // It writes to the run's folder.
  const onLine = (name: string, line: string, stream: 'stdout' | 'stderr') => {
    if (isTrouble(line, stream)) notice(`${name}: ${line}`);
  };
  const tasks = createTasks({ processes, program, onLine, notice, now: () => performance.now() });

  const preferredIssuerPort = edgePort + 1;
  const { issuer, store, eventLog, database, configuration, overrides, externals } = await timed(
    'issuer and store',
    startSurroundings({
      processes,
      environment,
      stateFolder,
      // A folder has one server at a time, as a port has one run.
      databaseFolder: join(stateFolder, 'databases', String(edgePort)),
      notice,
      now: Date.now,
      preferredIssuerPort,
      entries: options.entries,
    }),
  );
  cleanup.add(() => issuer.close());
  cleanup.add(() => store.close());
  cleanup.add(() => database.close());
  // Before the database that they are connected to.
  cleanup.add(() => tasks.close());
  const outputFolder = join(runFolder, 'cdk.out');
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
      // One process at a time serves them, and a port has one run at a time.
      folder: (kind) => join(stateFolder, kind, String(edgePort)),
      eventLogUrl: eventLog.url,
      secretsFolder: join(stateFolder, 'secrets'),
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
  options.signal?.throwIfAborted();

  writeRunState(stateFolder, {
    url: gateway.edgeUrl,
    issuer: issuer.url,
    audience: localAudience,
    operator: {
      policyFile,
      operations: readOperations(assembly, configuration.environment.name),
      edge: readEdgeOperations(assembly, configuration.environment.name),
      endpoints: {
        dynamodb: gateway.tablesUrl,
        secretsManager: gateway.secretsUrl,
        lambda: gateway.lambdaUrl,
        cloudfront: gateway.cloudfrontUrl,
        sqs: gateway.queuesUrl,
      },
    },
  });
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
    store: store.description,
    eventLog: eventLog.description,
    database: database.description,
    policyFile,
    configuration,
    phases,
    notEmulated: assembly.unreadServices(),
    token: (claims, { lifetimeSeconds = 3_600, algorithm = 'RS256' } = {}) =>
      signToken({
        stateFolder,
        issuer: issuer.url,
        audience: localAudience,
        claims,
        lifetimeSeconds,
        algorithm,
        nowSeconds: Math.floor(Date.now() / 1_000),
      }),
    stopService: (name) => tasks.stop(name),
    startService: (name) => tasks.start(name),
    close: () => cleanup.run(),
  };
}

/** Whether the services could be bundled; when not, the reason is told and the rest of the run goes on. */
async function builtOrTold(program: string, notice: (text: string) => void): Promise<boolean> {
  try {
    await bundleServices(program);
    return true;
  } catch (error) {
    notice(`The services cannot be bundled, so their routes answer 503.\n${String(error)}`);
    return false;
  }
}
