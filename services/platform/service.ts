import { type EventLogDependencies, openEventLog } from '../../runtime/events/open-event-log.ts';
import { roles } from '../roles.ts';
import { type Connection, loginOf } from './database/connection-settings.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase } from './database/open-database.ts';
import { grantServiceRole } from './database/service-role.ts';
import { createApp } from './http/app.ts';
import { createRequestMetrics } from './http/request-metrics.ts';
import { createCallService } from './http/service-client.ts';
import { openLimitStore } from './limit-store/open-limit-store.ts';
import { createLog, type Log } from './log.ts';
import { createManualInterventions } from './manual-intervention.ts';
import type { PeriodicTask, Role, RolePorts } from './role.ts';
import type { Settings } from './settings.ts';
import { standbyRole } from './standby.ts';
import { noTracing, type Tracing } from './tracing/tracing.ts';
import { UnavailableError } from './unavailable.ts';

/** What a service needs of the world; `dependencies.ts` has the real one. */
export interface ServiceDependencies {
  readonly settings: Settings;
  readonly writeLine: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never steps. */
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** What signs the calls to MSK and to the store; asked for only where they want IAM. */
  readonly awsCredentials: NonNullable<EventLogDependencies['credentials']>;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Answers calls from now on. Rejects if the port cannot be had; what the socket fails with later goes to `onError`. */
  readonly listen: (answer: Answer, port: number, onError: (error: Error) => void) => Promise<Listener>;
  /** Settles with the reason when the process is told to stop. */
  readonly stopRequested: Promise<string>;
}

export type Answer = (request: Request) => Response | Promise<Response>;

export interface Listener {
  readonly port: number;
  /** Takes no more calls; settles when those in flight are answered. */
  readonly stop: () => Promise<void>;
}

/** ECS kills a task 30 s after it has asked it to stop; what is left is for the connections and the exit. */
const drainSeconds = 25;
const closeSeconds = 3;
/** CloudWatch keeps a value a minute. */
const metricsSeconds = 60;
/** How often a task that stands by looks whether its database takes writes: so long after a promotion it works. */
const standbySeconds = 5;
/** Tasks that a new password has made useless go one by one within this time, so that a service is never without any. */
const spreadSeconds = 300;

/**
 * Runs one role until it is told to stop, then finishes what is in flight: calls, and the piece of work in hand. With a
 * database that may have its writer in another region, it stands by until the writer is here.
 *
 * @returns whether everything in flight was done in time.
 * @throws {Error} if the event log's URL is none, the database cannot be had, or the port.
 */
export async function runService(world: ServiceDependencies): Promise<boolean> {
  const { settings, writeLine, nowMs, newId, wait } = world;
  const service = settings.serviceName;
  const time = () => new Date(nowMs());
  let tracing: Tracing = noTracing;
  const log = createLog(service, writeLine, time, () => tracing.traceId());
  tracing = await tracingOf(world, log);
  const eventLog = await openEventLog(settings.eventLogUrl, {
    clientId: service,
    nowMs,
    wait,
    writeLine,
    credentials: world.awsCredentials,
  });
  const standsBy = settings.databaseIsGlobal;
  const closers: (() => unknown)[] = [() => eventLog.close(), () => tracing.stop()];
  const { refused: passwordRefused, onPasswordRefused } = passwordWatch(world);
  const stopReason = Promise.race([world.stopRequested, passwordRefused]);
  const stop = new AbortController();
  const metrics = createRequestMetrics({ environment: settings.environment, service, writeLine, nowMs });
  const appOf = ({ checks = {}, addRoutes }: Role) =>
    createApp(
      {
        service,
        log,
        tracing,
        monotonicMs: world.monotonicMs,
        onAnswered: metrics.record,
        isStopping: () => stop.signal.aborted,
        checks,
      },
      addRoutes,
    );
  const ports: RolePorts = {
    nowMs,
    newId,
    service,
    log,
    reportManualIntervention: createManualInterventions({
      environment: settings.environment,
      service,
      log,
      writeLine,
      nowMs,
    }),
    wait,
    events: eventLog,
    database: async (schema, tables) => {
      const options = { schema, service, log, onPasswordRefused };
      const patience = { wait, log, standsBy, signal: stop.signal };
      const { database: connection, databaseOwner } = settings;
      const owner = databaseOf(databaseOwner ?? connection, options);
      if (databaseOwner === null || connection === null) {
        closers.push(() => owner.close());
        await retryUntilStopped(() => migrate(owner, schema, tables), schema, patience);
        return owner;
      }
      const change = async () => {
        const applied = await migrate(owner, schema, tables);
        await grantServiceRole(owner, schema, loginOf(connection));
        return applied;
      };
      try {
        await retryUntilStopped(change, schema, patience);
      } finally {
        await owner.close();
      }
      const database = databaseOf(connection, options);
      closers.push(() => database.close());
      return database;
    },
    limitStore: () => {
      if (settings.limitStore === null)
        throw new Error('Set LIMIT_STORE_URL: the role decides in the store.');
      const store = openLimitStore(settings.limitStore, {
        log,
        nowMs,
        monotonicMs: world.monotonicMs,
        credentials: world.awsCredentials,
      });
      closers.push(() => store.close());
      return store;
    },
    call: (name, timeoutMs) => {
      const url = settings.serviceUrls[name];
      if (url === undefined) throw new Error(`Set ${name.toUpperCase()}_URL: the service calls ${name}.`);
      return createCallService(url, tracing.traced(name, fetch), timeoutMs);
    },
    maxUnitsPerOwner: settings.maxUnitsPerOwner,
    paymentProvider: settings.paymentProvider,
  };

  let app = appOf(standbyRole);
  const onSocketError = (error: Error) =>
    log('error', 'a connection was not accepted', { error: String(error) });
  const listen = () => world.listen((request) => app.fetch(request), settings.port, onSocketError);
  const early = standsBy ? await listen() : undefined;
  const opening = Promise.resolve(roles[settings.role](ports));
  const role: Role = await Promise.race([opening, stopReason.then(() => standbyRole)]);
  app = appOf(role);
  const listener = early ?? (await listen());
  log('info', 'listening', { role: settings.role, port: listener.port });
  const flush: PeriodicTask = { everySeconds: metricsSeconds, run: async () => metrics.flush() };
  const chores = [...(role.periodicTasks ?? []), flush].map((chore) => repeat(chore, wait, stop.signal, log));
  const workers = role.start?.() ?? [];

  log('info', 'stopping', { reason: await stopReason });
  stop.abort();
  // What the last calls have begun is seen to after them.
  const finished = listener
    .stop()
    .then(() => Promise.all([...chores, ...workers.map((worker) => worker.stop())]));
  const isDrained = await Promise.race([
    finished.then(() => true),
    wait(drainSeconds * 1000).then(() => false),
  ]);
  if (isDrained) {
    const closed = Promise.allSettled(closers.map(async (close) => await close()));
    await Promise.race([closed, wait(closeSeconds * 1000)]);
  }
  metrics.flush();
  log(isDrained ? 'info' : 'error', isDrained ? 'stopped' : 'stopped with work unfinished');
  return isDrained;
}

/** OpenTelemetry is loaded only where somebody collects. */
async function tracingOf({ settings, nowMs }: ServiceDependencies, log: Log): Promise<Tracing> {
  const { tracing, serviceName: service, environment } = settings;
  if (tracing === null) return noTracing;
  const { startTracing } = await import('./tracing/open-telemetry.ts');
  return startTracing(tracing, { service, environment, log, nowMs });
}

/**
 * ECS gives a task the database's password once, at its start. When it has been rotated since, only a new task knows
 * the new one: this one serves on by the connections it has and stops at a moment of its own, before others or after.
 */
function passwordWatch({ wait, random }: ServiceDependencies): {
  readonly refused: Promise<string>;
  readonly onPasswordRefused: () => void;
} {
  let onPasswordRefused = () => {};
  const refused = new Promise<string>((resolve) => {
    onPasswordRefused = () =>
      void wait(random() * spreadSeconds * 1000).then(() => resolve('the database has a new password'));
  });
  return { refused, onPasswordRefused };
}

function databaseOf(
  connection: Connection | null,
  options: {
    readonly schema: string;
    readonly service: string;
    readonly log: Log;
    readonly onPasswordRefused: () => void;
  },
): Database {
  if (connection === null)
    throw new Error('Set DATABASE_URL, or DATABASE_HOST and its like: the role has tables.');
  return openDatabase(connection, {
    schema: options.schema,
    applicationName: options.service,
    onBrokenConnection: (error) => options.log('warn', 'connection broken', { error: String(error) }),
    onPasswordRefused: () => {
      options.log('error', "the database refuses this task's password; it will be replaced");
      options.onPasswordRefused();
    },
  });
}

/** A database that is just starting is waited for, a minute long; one that may stand by, until it takes writes. */
async function retryUntilStopped(
  change: () => Promise<number>,
  schema: string,
  {
    wait,
    log,
    standsBy,
    signal,
  }: Pick<RolePorts, 'wait' | 'log'> & { readonly standsBy: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let isTold = false;
  for (let secondsLeft = 60; ; secondsLeft -= 1) {
    try {
      const applied = await change();
      if (applied > 0) log('info', 'tables changed', { schema, statements: applied });
      return;
    } catch (error) {
      if (standsBy && error instanceof UnavailableError) {
        if (!isTold) log('info', 'standing by', { schema, error: String(error) });
        isTold = true;
        secondsLeft = 60;
        await wait(standbySeconds * 1_000, signal);
        if (signal.aborted) throw error;
        continue;
      }
      if (secondsLeft <= 0) throw error;
      log('warn', 'database not ready, tried again', { schema, error: String(error) });
      await wait(1_000);
    }
  }
}

/** Runs a chore again and again; one that fails is logged, and tried at its next turn. */
async function repeat(
  chore: PeriodicTask,
  wait: ServiceDependencies['wait'],
  stop: AbortSignal,
  log: Log,
): Promise<void> {
  while (!stop.aborted) {
    await wait(chore.everySeconds * 1000, stop);
    if (stop.aborted) return;
    await chore.run().catch((error: unknown) => log('error', 'chore failed', { error: String(error) }));
  }
}
