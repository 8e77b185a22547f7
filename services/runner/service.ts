import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { createApp } from '../platform/http/app.ts';
import { createRequestMetrics, type RequestMetrics } from '../platform/http/request-metrics.ts';
import { createLog, type Log } from '../platform/log.ts';
import type { PeriodicTask, Role } from '../platform/role.ts';
import { noTracing, type Tracing } from '../platform/tracing/tracing.ts';
import { createRolePorts, type ProcessResources } from './role-ports.ts';
import { roles } from './roles.ts';
import type { Answer, Listener, ServiceDependencies } from './service-dependencies.ts';
import { standbyRole } from './standby.ts';

/** ECS kills a task 30 s after the signal to stop; the remaining time is for connections and the exit. */
const drainSeconds = 25;
const closeSeconds = 3;
/** CloudWatch keeps one value a minute. */
const metricsSeconds = 60;
/** After a password rotation, tasks stop one by one within this time, so that the service always has some. */
const passwordSpreadSeconds = 300;

/**
 * Runs one role until the process receives a stop request, then finishes requests in flight and background work. With
 * a global database it stands by until the database's writer is in this region.
 *
 * @returns whether everything in flight finished in time.
 * @throws {Error} if the event log's URL is invalid, or if the database or the port is not available.
 */
export async function runService(dependencies: ServiceDependencies): Promise<boolean> {
  const { settings, writeLine, nowMs, wait } = dependencies;
  const service = settings.serviceName;
  let tracing: Tracing = noTracing;
  const log = createLog(
    service,
    writeLine,
    () => new Date(nowMs()),
    () => tracing.traceId(),
  );
  tracing = await openTracing(dependencies, log);
  const events = await openEventLog(settings.eventLogUrl, {
    clientId: service,
    nowMs,
    wait,
    writeLine,
    credentials: dependencies.awsCredentials,
  });
  const closers: (() => unknown)[] = [() => events.close(), () => tracing.stop()];
  const password = watchPassword(dependencies);
  const stop = new AbortController();
  const metrics = createRequestMetrics({ environment: settings.environment, service, writeLine, nowMs });
  const resources: ProcessResources = {
    log,
    tracing,
    events,
    signal: stop.signal,
    onPasswordRefused: password.onRefused,
    onClose: (close) => void closers.push(close),
  };
  const stopReason = Promise.race([dependencies.stopRequested, password.refused]);
  const { role, listener } = await startRole(dependencies, resources, metrics, stopReason);
  const flush: PeriodicTask = { everySeconds: metricsSeconds, run: async () => metrics.flush() };
  const tasks = [...(role.periodicTasks ?? []), flush].map((task) =>
    runPeriodically(task, { wait, signal: stop.signal, log }),
  );
  const workers = role.start?.() ?? [];

  log('info', 'stopping', { reason: await stopReason });
  stop.abort();
  // Background work ends after the last request, which may have started some.
  const finished = listener
    .stop()
    .then(() => Promise.all([...tasks, ...workers.map((worker) => worker.stop())]));
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

/** Opens the role and listens. A task that may stand by listens first, as a standby, until its role is ready. */
async function startRole(
  dependencies: ServiceDependencies,
  resources: ProcessResources,
  metrics: RequestMetrics,
  stopReason: Promise<string>,
): Promise<{ readonly role: Role; readonly listener: Listener }> {
  const { settings, monotonicMs } = dependencies;
  const { log, tracing, signal } = resources;
  const appOf = ({ checks = {}, addRoutes }: Role) =>
    createApp(
      {
        service: settings.serviceName,
        log,
        tracing,
        monotonicMs,
        onAnswered: metrics.record,
        isStopping: () => signal.aborted,
        checks,
      },
      addRoutes,
    );
  let app = appOf(standbyRole);
  const answer: Answer = (request) => app.fetch(request);
  const onSocketError = (error: Error) =>
    log('error', 'a connection was not accepted', { error: String(error) });
  const listen = () => dependencies.listen(answer, settings.port, onSocketError);
  const standbyListener = settings.databaseIsGlobal ? await listen() : undefined;
  const opening = Promise.resolve(roles[settings.role](createRolePorts(dependencies, resources)));
  const role: Role = await Promise.race([opening, stopReason.then(() => standbyRole)]);
  app = appOf(role);
  const listener = standbyListener ?? (await listen());
  log('info', 'listening', { role: settings.role, port: listener.port });
  return { role, listener };
}

/** Loads OpenTelemetry only if a collector is configured. */
async function openTracing({ settings, nowMs }: ServiceDependencies, log: Log): Promise<Tracing> {
  const { tracing, serviceName: service, environment } = settings;
  if (tracing === null) return noTracing;
  const { startTracing } = await import('../platform/tracing/open-telemetry.ts');
  return startTracing(tracing, { service, environment, log, nowMs });
}

/**
 * ECS passes the database's password to a task once, at its start. After a rotation only a new task has the new
 * password: this task keeps its open connections, and stops at a random time within `passwordSpreadSeconds`.
 */
function watchPassword({ wait, random }: ServiceDependencies): {
  readonly refused: Promise<string>;
  readonly onRefused: () => void;
} {
  let onRefused = () => {};
  const refused = new Promise<string>((resolve) => {
    onRefused = () =>
      void wait(random() * passwordSpreadSeconds * 1000).then(() =>
        resolve('the database has a new password'),
      );
  });
  return { refused, onRefused };
}

/** Repeats a task until the signal aborts. A failure is logged, and the task runs again at its next turn. */
async function runPeriodically(
  task: PeriodicTask,
  { wait, signal, log }: Pick<ServiceDependencies, 'wait'> & Pick<ProcessResources, 'signal' | 'log'>,
): Promise<void> {
  while (!signal.aborted) {
    await wait(task.everySeconds * 1000, signal);
    if (signal.aborted) return;
    await task
      .run()
      .catch((error: unknown) => log('error', 'periodic task failed', { error: String(error) }));
  }
}
