import { type EventLogSurroundings, openEventLog } from '../lambda/shared/events/open-event-log.ts';
import { createDelivery } from './events/delivery.ts';
import { createPublish } from './events/publish.ts';
import { createApp } from './http/app.ts';
import { createLog, type Log } from './log.ts';
import { type Role, roles } from './roles.ts';
import type { Settings } from './settings.ts';

/** What a service needs of the world; `dependencies.ts` has the real one. */
export interface ServiceDependencies {
  readonly settings: Settings;
  readonly writeLine: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never steps. */
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  /** What signs the calls to MSK; asked for only where events go there. */
  readonly awsCredentials: NonNullable<EventLogSurroundings['credentials']>;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Answers calls from now on. Rejects if the port cannot be had. */
  readonly listen: (answer: Answer, port: number) => Promise<Listener>;
  /** Settles with the reason when the process is told to stop. */
  readonly stopRequested: Promise<string>;
}

export type Answer = (request: Request) => Response | Promise<Response>;

export interface Listener {
  readonly port: number;
  /** Takes no more calls; settles when those in flight are answered. */
  readonly stop: () => Promise<void>;
}

/** ECS kills a task 30 s after it has asked it to stop; what is left is for the event log and the exit. */
const drainSeconds = 25;
const closeLogSeconds = 3;

/**
 * Runs one role until it is told to stop, then finishes what is in flight.
 *
 * @returns whether everything in flight was answered in time.
 * @throws {Error} if the event log's URL is none, or the port cannot be had.
 */
export async function runService(world: ServiceDependencies): Promise<boolean> {
  const { settings, writeLine, nowMs, newId, wait } = world;
  const service = settings.serviceName;
  const time = () => new Date(nowMs());
  const log = createLog(service, writeLine, time);
  const eventLog = await openEventLog(settings.eventLogUrl, {
    clientId: service,
    nowMs,
    wait,
    writeLine,
    credentials: world.awsCredentials,
  });
  const events = createDelivery(eventLog, { log, wait });
  const publish = createPublish(service, (event) => events.deliver(event), time, newId);
  const role: Role = roles[settings.role]({ publish, nowMs, newId });

  const stop = new AbortController();
  const report = () => ({ events: events.counts() });
  const app = createApp(
    { service, log, monotonicMs: world.monotonicMs, isStopping: () => stop.signal.aborted, report },
    role.addRoutes,
  );
  const listener = await world.listen((request) => app.fetch(request), settings.port);
  log('info', 'listening', { role: settings.role, port: listener.port });
  const chore = repeat(role.chore, wait, stop.signal, log);

  log('info', 'stopping', { reason: await world.stopRequested });
  stop.abort();
  await chore;
  const isDrained = await Promise.race([
    listener.stop().then(() => true),
    wait(drainSeconds * 1000).then(() => false),
  ]);
  await events.close(closeLogSeconds * 1000);
  log(isDrained ? 'info' : 'error', isDrained ? 'stopped' : 'stopped with calls unanswered', report());
  return isDrained;
}

/** Runs a chore again and again; one that fails is logged, and tried at its next turn. */
async function repeat(
  chore: Role['chore'],
  wait: ServiceDependencies['wait'],
  stop: AbortSignal,
  log: Log,
): Promise<void> {
  if (chore === undefined) return;
  while (!stop.aborted) {
    await wait(chore.everySeconds * 1000, stop);
    await chore.run().catch((error: unknown) => log('error', 'chore failed', { error: String(error) }));
  }
}
