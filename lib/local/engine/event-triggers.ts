import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogSubscriptions } from '../emulators/cloudwatch-logs/log-subscriptions.ts';
import { readSubscriptions } from '../emulators/cloudwatch-logs/subscription-resources.ts';
import { createEventSources } from '../emulators/event-source-mappings/event-sources.ts';
import { createAsyncInvocation } from '../emulators/lambda/async-invocation.ts';
import type { Functions } from '../emulators/lambda/functions.ts';
import type { Topics } from '../emulators/sns/topics.ts';
import type { Queues } from '../emulators/sqs/queues.ts';
import type { Deployment } from './assembly.ts';
import { UnsupportedFeatures } from './unsupported.ts';

/** The event triggers of functions: queues, topics of the event log, and lines of the access log. */
export interface EventTriggers {
  accessLog(line: string): void;
  /** Starts the delivery. Call it when the functions can be invoked. */
  start(): Promise<void>;
  /** Stops the delivery and waits up to three seconds for pending invocations. The next run repeats unfinished ones. */
  close(): Promise<void>;
}

export interface EventTriggersPorts {
  readonly functions: Pick<Functions, 'invoke'>;
  readonly queues: Queues;
  readonly topics: Pick<Topics, 'find' | 'publish'>;
  readonly eventLogUrl: string;
  readonly region: string;
  readonly folder: (kind: 'logs') => string;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Reads the event triggers of the templates.
 *
 * @throws {UnsupportedError} when a trigger uses a property that is not emulated.
 */
export function createEventTriggers(deployment: Deployment, ports: EventTriggersPorts): EventTriggers {
  const sendTo = (reference: string, message: string): void => {
    const topic = ports.topics.find(reference);
    if (topic === undefined) ports.queues.find(reference)?.send({ body: message, attributes: {} });
    else ports.topics.publish(topic, { message });
  };
  const sources = createEventSources(deployment, { ...ports, sendTo });
  const findings = new UnsupportedFeatures();
  const invocation = createAsyncInvocation(
    deployment,
    {
      ...ports,
      sendTo,
      newId: randomUUID,
      wait: async (milliseconds, signal) => {
        await sleep(milliseconds, undefined, { signal }).catch(() => {});
      },
    },
    findings,
  );
  const subscriptions = readSubscriptions(deployment, findings);
  findings.throwIfAny();
  const logs = createLogSubscriptions(subscriptions, {
    invocation,
    folder: ports.folder('logs'),
    now: ports.now,
    newId: randomUUID,
    notice: ports.notice,
  });
  return {
    accessLog: (line) => logs.line(line),
    async start() {
      logs.start();
      await sources.start();
    },
    async close() {
      await Promise.all([logs.close(), sources.close()]);
    },
  };
}
