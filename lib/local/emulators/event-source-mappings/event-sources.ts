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

/** What brings queues and topics of the event log to the functions of the templates. */
export interface EventSources {
  /** Begins. Call it when the functions can be called. */
  start(): Promise<void>;
  /** Takes nothing new, and waits a little for what is under way. What is not done comes again with the next run. */
  close(): Promise<void>;
}

export interface EventSourcesPorts {
  readonly functions: Pick<Functions, 'invoke'>;
  readonly queues: Queues;
  /** The log that every mapping of a topic reads, whatever cluster its template names. */
  readonly eventLogUrl: string;
  /** Tells a destination for failures. */
  readonly sendTo: (reference: string, message: string) => void;
  readonly region: string;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Two calls at once, as the least concurrency that a mapping of a queue can have. */
const pollersOfQueue = 2;
const closeMilliseconds = 3_000;

/** Settles when the time is over, or at once when the signal aborts. */
const wait = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
};

/**
 * Reads the event source mappings of the templates.
 *
 * @throws {UnsupportedError} when one asks for what is not emulated.
 */
export function createEventSources(deployment: Deployment, ports: EventSourcesPorts): EventSources {
  const findings = new UnsupportedFeatures();
  const mappings = readMappings(deployment, findings);
  findings.throwIfAny();
  const end = new AbortController();
  const underWay: Promise<unknown>[] = [];
  let eventLog: EventLog | undefined;
  const invoke = (mapping: QueueMapping | TopicMapping) => async (event: unknown) => {
    const result = await ports.functions.invoke(mapping.functionName, event);
    if (!result.ok && !end.signal.aborted) ports.notice(`${mapping.functionName}: ${result.error}`);
    return result;
  };

  const startQueue = (mapping: QueueMapping): void => {
    const queue = ports.queues.find(mapping.queueId);
    if (queue === undefined) throw new Error(`There is no queue ${mapping.queueId}.`);
    const { arn } = ports.queues;
    for (let count = 0; count < pollersOfQueue; count += 1) {
      underWay.push(pollQueue(mapping, { ...ports, queue, arn, invoke: invoke(mapping) }, end.signal));
    }
  };

  const startTopic = async (log: EventLog, mapping: TopicMapping): Promise<void> => {
    const { group, topic, from, batchSize: maxBatch } = mapping;
    const onError = (error: unknown) =>
      ports.notice(`Topic ${topic} cannot be read for ${group}, and is tried again: ${String(error)}`);
    await log.consume({
      // In Kafka's client, members of a group must read the same topics; offsets are by topic anyway.
      group: `${group}-${topic}`,
      topics: [topic],
      from,
      maxBatch,
      onError,
      onBatch: async ({ records }, signal) => {
        const { signal: lost, release } = anySignal([signal, end.signal]);
        await deliverRecords(records, mapping, deliveryPorts(mapping), lost).finally(release);
      },
    });
  };

  const deliveryPorts = (mapping: TopicMapping): Parameters<typeof deliverRecords>[2] => ({
    invoke: invoke(mapping),
    now: ports.now,
    wait,
    giveUp: async (records, condition, attempts) => {
      const moment = { nowMilliseconds: ports.now(), requestId: randomUUID() };
      const record = failureRecord(mapping, records, condition, attempts, moment);
      ports.notice(`${records.length} records of ${mapping.topic} are given up: ${condition}.`);
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
      const closed = starting.catch(() => {}).then(() => Promise.all([...underWay, eventLog?.close()]));
      const late = new AbortController();
      await Promise.race([closed, wait(closeMilliseconds, late.signal)]);
      late.abort();
    },
  };
}
