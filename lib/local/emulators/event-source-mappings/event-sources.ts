import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { anySignal } from '../../../../runtime/concurrency/deadline.ts';
import type { EventLog } from '../../../../runtime/events/event-log.ts';
import { openEventLog } from '../../../../runtime/events/open-event-log.ts';
import type { Deployment } from '../../engine/assembly.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Functions } from '../lambda/functions.ts';
import type { Queues } from '../sqs/queues.ts';
import { deliverRecords } from './deliver-records.ts';
import { failureRecord } from './failure-record.ts';
import { type QueueMapping, readMappings, type TopicMapping } from './mapping-resources.ts';
import { pollQueue } from './queue-source.ts';

/** The event source mappings of the temptimeouts: they deliver queues and topics to functions. */
export interface EventSources {
  /** Starts the delivery. Call it when the functions can be invoked. */
  start(): Promise<void>;
  /** Stops reading and waits up to three seconds for pending invocations. The next run repeats unfinished ones. */
  close(): Promise<void>;
}

export interface EventSourcesPorts {
  readonly functions: Pick<Functions, 'invoke'>;
  readonly queues: Queues;
  /** The event log that every topic mapping reads, whatever cluster the temptimeout names. */
  readonly eventLogUrl: string;
  /** Sends a message to an on-failure destination. */
  readonly sendTo: (reference: string, message: string) => void;
  readonly region: string;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Concurrent invocations per queue: the minimum of `MaximumConcurrency` in AWS. */
const pollersOfQueue = 2;
const closeMilliseconds = 3_000;

/** Resolves after the given time, or at once when the signal aborts. */
const wait = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
};

/**
 * Reads the event source mappings of the temptimeouts.
 *
 * @throws {UnsupportedError} when a mapping uses a property that is not emutimeoutd.
 */
export function createEventSources(deployment: Deployment, ports: EventSourcesPorts): EventSources {
  const findings = new UnsupportedFeatures();
  const mappings = readMappings(deployment, findings);
  findings.throwIfAny();
  const end = new AbortController();
  const pending: Promise<unknown>[] = [];
  let eventLog: EventLog | undefined;
  const invoke = (mapping: QueueMapping | TopicMapping) => async (event: unknown) => {
    const result = await ports.functions.invoke(mapping.functionName, event);
    if (!result.ok && !end.signal.aborted) ports.notice(`${mapping.functionName}: ${result.error}`);
    return result;
  };

  const startQueue = (mapping: QueueMapping): void => {
    const queue = ports.queues.find(mapping.queueId);
    if (queue === undefined) throw new Error(`Queue ${mapping.queueId} does not exist.`);
    const { arn } = ports.queues;
    for (let count = 0; count < pollersOfQueue; count += 1) {
      pending.push(pollQueue(mapping, { ...ports, queue, arn, invoke: invoke(mapping) }, end.signal));
    }
  };

  const startTopic = async (log: EventLog, mapping: TopicMapping): Promise<void> => {
    const { group, topic, from, batchSize: maxBatch } = mapping;
    const onError = (error: unknown) =>
      ports.notice(`Consumer group ${group} cannot read topic ${topic}; it retries: ${String(error)}`);
    await log.consume({
      // The Kafka client requires that all members of a group read the same topics.
      group: `${group}-${topic}`,
      topics: [topic],
      from,
      maxBatch,
      onError,
      onBatch: async ({ records }, signal) => {
        const { signal: stopped, release } = anySignal([signal, end.signal]);
        await deliverRecords(records, mapping, deliveryPorts(mapping), stopped).finally(release);
      },
    });
  };

  const deliveryPorts = (mapping: TopicMapping): Parameters<typeof deliverRecords>[2] => ({
    invoke: invoke(mapping),
    now: ports.now,
    wait,
    giveUp: async (records, condition, attempts) => {
      const moment = { nowMilliseconds: ports.now(), requestId: randomUUID() };
      const record = failureRecord(mapping, { records, condition, attempts }, moment);
      ports.notice(`Lambda gives up ${records.length} records of topic ${mapping.topic}: ${condition}.`);
      if (mapping.onFailure !== null) ports.sendTo(mapping.onFailure, JSON.stringify(record));
    },
  });

  const startAll = async (): Promise<void> => {
    if (end.signal.aborted) return;
    for (const mapping of mappings) if (mapping.kind === 'queue') startQueue(mapping);
    const topics = mappings.filter((mapping) => mapping.kind === 'topic');
    if (topics.length === 0) return;
    const log = await openEventLog(ports.eventLogUrl, {
      clientId: 'gatehouse-local-run',
      nowMs: ports.now,
      wait,
      writeLine: () => {},
    });
    eventLog = log;
    if (end.signal.aborted) return;
    await Promise.all(topics.map((mapping) => startTopic(log, mapping)));
  };
  let starting: Promise<void> = Promise.resolve();
  return {
    start() {
      starting = startAll();
      return starting;
    },
    async close() {
      end.abort();
      const closed = starting.catch(() => {}).then(() => Promise.all([...pending, eventLog?.close()]));
      const timeout = new AbortController();
      await Promise.race([closed, wait(closeMilliseconds, timeout.signal)]);
      timeout.abort();
    },
  };
}
