import { join } from 'node:path';
import { type Configuration, type EnvironmentInput, loadConfiguration } from '../../config/index.ts';
import type { TaskSpec } from '../emulators/ecs/task-specs.ts';
import {
  type LocalLimitStore,
  type LocalLimitStorePorts,
  openLocalLimitStore,
} from '../emulators/elasticache/local-limit-store.ts';
import { requireReadableOffsets } from '../emulators/kafka/consumer-group-offsets.ts';
import { type Database, openDatabase } from '../emulators/rds/local-database.ts';
import type { Cleanup } from './cleanup.ts';
import { type Issuer, startIssuer } from './issuer/issuer.ts';
import { signingAlgorithms } from './issuer/signing-keys.ts';
import { connectFault, freePort, isPortFree, loopback } from './processes/ports.ts';
import { makeStateFolder } from './state-folder.ts';

/** The servers that a run needs before the synthesis, and the configuration with their addresses. */
export interface LocalDependencies {
  readonly issuer: Issuer;
  readonly limitStore: LocalLimitStore;
  readonly eventLog: EventLog;
  readonly database: Database;
  /** The environment `local` with the addresses of this run, and the entries that differ. */
  readonly configuration: Configuration;
  readonly overrides: Partial<EnvironmentInput>;
  /** Local replacements of the external services of the catalogue. */
  readonly externals: readonly TaskSpec[];
}

export interface EventLog {
  readonly url: string;
  /** A description for the terminal, with the reason for the choice. */
  readonly description: string;
}

export interface LocalDependenciesOptions extends LocalLimitStorePorts {
  /** The folder of the run. */
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** The port of the issuer, when it is free. */
  readonly preferredIssuerPort: number;
  /** Entries that replace those of the environment `local`; the entries of the run are applied last. */
  readonly entries?: Partial<EnvironmentInput> | undefined;
}

/** The audience of the tokens of a run. */
export const localAudience = 'store-api';

/**
 * Starts the issuer, the limit store and the database, and determines all addresses that the templates need. The
 * database may not be ready yet.
 */
export async function startLocalDependencies(options: LocalDependenciesOptions): Promise<LocalDependencies> {
  const { catalogue } = loadConfiguration('local');
  const { cleanup, folder } = options;
  const close = (resource: { close(): void | Promise<void> }) => resource.close();
  const [eventLog, issuer, store, database] = await Promise.all([
    openEventLog(options),
    cleanup.open('issuer', () => issuerOf(options), close),
    cleanup.open('limit store', () => openLocalLimitStore(options), close),
    cleanup.open('database', () => openDatabase({ ...options, folder: join(folder, 'database') }), close),
  ]);
  const externals = await Promise.all(
    Object.entries(catalogue.services)
      .filter(([, service]) => service.kind === 'external')
      .map(async ([name]) => externalSpec(name, await freePort(), eventLog)),
  );
  const overrides: Partial<EnvironmentInput> = {
    ...options.entries,
    identity: {
      kind: 'oidc',
      audience: localAudience,
      algorithms: [...signingAlgorithms],
      issuer: issuer.url,
      jwksUri: issuer.jwksUri,
    },
    limitStore: { kind: 'existing', url: store.url },
    events: { kind: 'existing', url: eventLog.url },
    database: { kind: 'existing', url: database.url },
    externals: Object.fromEntries(externals.map(({ name, port }) => [name, `http://${loopback}:${port}`])),
  };
  return {
    issuer,
    limitStore: store,
    eventLog,
    database,
    configuration: loadConfiguration('local', overrides),
    overrides,
    externals,
  };
}

async function issuerOf({ folder, preferredIssuerPort }: LocalDependenciesOptions): Promise<Issuer> {
  const isFree = await isPortFree(preferredIssuerPort, loopback);
  return await startIssuer(folder, isFree ? preferredIssuerPort : await freePort());
}

async function openEventLog({ environment, folder }: LocalDependenciesOptions): Promise<EventLog> {
  const brokers = environment['KAFKA_BROKERS'];
  if (brokers !== undefined && brokers !== '') {
    await requireBroker(brokers);
    return { url: `kafka://${brokers}`, description: `Kafka at ${brokers} (KAFKA_BROKERS is set)` };
  }
  const events = join(folder, 'events');
  makeStateFolder(events);
  requireReadableOffsets(events);
  return { url: `file:${events}`, description: `files in ${events} (KAFKA_BROKERS is not set)` };
}

/** @throws {Error} when the list is malformed, or none of the brokers accepts connections. */
async function requireBroker(brokers: string): Promise<void> {
  const addresses = brokers.split(',').map((broker) => /^\s*([^\s:]+):(\d{1,5})\s*$/.exec(broker));
  const faults = await Promise.all(
    addresses.map(async (address) =>
      address === null ? 'not HOST:PORT' : await connectFault(address[1] ?? '', Number(address[2])),
    ),
  );
  if (addresses.includes(null)) {
    throw new Error(`KAFKA_BROKERS="${brokers}" is not a list of brokers: KAFKA_BROKERS=localhost:9092`);
  }
  if (faults.includes(undefined)) return;
  throw new Error(
    `Cannot reach KAFKA_BROKERS=${brokers} (${faults[0]}). Start Kafka, or unset KAFKA_BROKERS.`,
  );
}

/** The program of the shop also replaces the external services; each has the role of its name. */
function externalSpec(name: string, port: number, eventLog: EventLog): TaskSpec {
  return {
    name,
    environment: { ROLE: name, SERVICE_NAME: name, EVENT_LOG_URL: eventLog.url },
    targetGroups: [],
    count: 1,
    port,
  };
}
