import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from './assembly.ts';
import { Findings } from './emulation/unsupported.ts';
import { createEventSources } from './event-sources/event-sources.ts';
import { createAsyncInvocation } from './functions/async-invocation.ts';
import type { Functions } from './functions/functions.ts';
import { createLogSubscriptions } from './logs/log-subscriptions.ts';
import { readSubscriptions } from './logs/subscription-resources.ts';
import type { Queues } from './queues/queues.ts';
import type { Topics } from './topics/topics.ts';

/** What calls functions besides requests: queues, topics of the event log, and lines of the access log. */
export interface Feeds {
  accessLog(line: string): void;
  /** Begins. Call it when the functions can be called. */
  start(): Promise<void>;
  /** Takes nothing new, and waits a little for what is under way. What is not done comes again with the next run. */
  close(): Promise<void>;
}

export interface FeedsPorts {
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
 * Reads what calls the functions of the templates.
 *
 * @throws {UnsupportedError} when something of it is not emulated.
 */
export function createFeeds(deployment: Deployment, ports: FeedsPorts): Feeds {
  const sendTo = (reference: string, message: string): void => {
    const topic = ports.topics.find(reference);
    if (topic === undefined) ports.queues.find(reference)?.send({ body: message, attributes: {} });
    else ports.topics.publish(topic, { message });
  };
  const sources = createEventSources(deployment, { ...ports, sendTo });
  const findings = new Findings();
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
