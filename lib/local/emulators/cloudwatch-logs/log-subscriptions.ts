import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { makeStateFolder } from '../../run/state-folder.ts';
import type { AsyncInvocation } from '../lambda/async-invocation.ts';
import { type LogEvent, openSpool, type Spool } from './spool.ts';
import type { Subscription } from './subscription-resources.ts';

/** Delivers the lines of the access log to the subscribed functions. */
export interface LogSubscriptions {
  /** Stores a line; every subscriber receives it, in this run or a later one. */
  line(text: string): void;
  /** Starts the delivery. Call it when the functions can be invoked. */
  start(): void;
  /** Stops the delivery after a short time and keeps the remaining lines. */
  close(): Promise<void>;
}

export interface LogSubscriptionsPorts {
  readonly invocation: AsyncInvocation;
  /** The folder of undelivered lines; no other run may use it. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Returns a unique id. */
  readonly newId: () => string;
  readonly notice: (text: string) => void;
}

/** Lines are batched for a moment, as in CloudWatch Logs. */
const gatherMilliseconds = 100;
const closeMilliseconds = 2_000;

/** Opens the subscriptions with undelivered lines of earlier runs. Lines are delivered in order, in batches. */
export function createLogSubscriptions(
  subscriptions: readonly Subscription[],
  ports: LogSubscriptionsPorts,
): LogSubscriptions {
  const end = new AbortController();
  makeStateFolder(ports.folder);
  const pumps = subscriptions.map((subscription) => {
    const spool = openSpool(ports.folder, encodeURIComponent(subscription.id), ports);
    return createPump(subscription, spool, ports, end.signal);
  });
  return {
    line(message) {
      const event: LogEvent = { id: ports.newId(), timestamp: ports.now(), message };
      for (const pump of pumps) pump.take(event);
    },
    start() {
      for (const pump of pumps) pump.start();
    },
    async close() {
      const flushed = Promise.all(pumps.map((pump) => pump.flush()));
      const late = sleep(closeMilliseconds, undefined, { signal: end.signal }).catch(() => {});
      await Promise.race([flushed, late]);
      end.abort();
      await flushed;
      for (const pump of pumps) pump.close();
    },
  };
}

interface Pump {
  take(event: LogEvent): void;
  start(): void;
  /** Resolves when no line is left or the run stops. */
  flush(): Promise<void>;
  close(): void;
}

function createPump(
  { logGroup, functionName, id }: Subscription,
  spool: Spool,
  { invocation, notice }: Pick<LogSubscriptionsPorts, 'invocation' | 'notice'>,
  end: AbortSignal,
): Pump {
  let started = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  const deliverAll = async (): Promise<void> => {
    try {
      for (let batch = spool.next(); batch.length > 0 && !end.aborted; batch = spool.next()) {
        await invocation.invoke(functionName, awslogsEvent(batch, logGroup, id), end);
        spool.done();
      }
    } catch (error) {
      // These lines are delivered with the next line or by the next run.
      if (!end.aborted)
        notice(`${functionName} cannot receive lines of the access log yet: ${String(error)}`);
    }
  };
  const deliver = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    underWay ??= deliverAll().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const soon = (): void => {
    if (started && timer === undefined) timer = setTimeout(() => void deliver(), gatherMilliseconds);
  };
  return {
    take(event) {
      spool.append(event);
      soon();
    },
    start() {
      if (end.aborted) return;
      started = true;
      soon();
    },
    async flush() {
      if (!started) return;
      await underWay;
      await deliver();
    },
    close() {
      clearTimeout(timer);
      spool.close();
    },
  };
}

/**
 * The event of CloudWatch Logs for a function
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample).
 */
function awslogsEvent(
  logEvents: readonly LogEvent[],
  logGroup: string,
  filter: string,
): { readonly awslogs: { readonly data: string } } {
  const message = {
    messageType: 'DATA_MESSAGE',
    owner: '000000000000',
    logGroup,
    logStream: 'local',
    subscriptionFilters: [filter],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') } };
}
