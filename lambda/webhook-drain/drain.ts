import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import type { EventType } from '../../runtime/events/event-data.ts';
import { type EventLog, produceByType } from '../../runtime/events/event-log.ts';
import { type ParsedEvent, parseEvent } from '../../runtime/events/parse-event.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import { embeddedMetrics } from '../../runtime/logging/metrics.ts';
import type { Deliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import type { DrainMetric } from './contract.ts';

export interface DrainDependencies {
  /** Name of the environment, for metrics. */
  readonly environment: string;
  readonly eventLog: Pick<EventLog, 'produce'>;
  readonly deliveries: Deliveries;
  /**
   * Resolves once the dead-letter queue has stored the message; it drops a repetition within five minutes.
   */
  readonly sendToDeadLetterQueue: (message: Message) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Receives one line of metrics without its end. */
  readonly writeMetrics: (line: string) => void;
}

const webhookTopic: EventType = 'payments.webhook';

/** The answer to an event source mapping with `ReportBatchItemFailures`. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** A message of the fallback queue. */
export interface Message {
  readonly id: string;
  readonly group: string;
  readonly body: string;
}

interface Queued {
  readonly message: Message;
  readonly event: CloudEvent;
}

/**
 * The function's handler: writes the messages of the fallback queue to the event log, in the queue's order
 * within each key. From the first failed message of a group on, all of that group are retried, so that none
 * overtakes another (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, FIFO
 * queues). A message that is not a webhook goes to the dead-letter queue at once: it would block its group
 * for a day.
 */
export function createDrain(dependencies: DrainDependencies) {
  return async (event: unknown): Promise<BatchAnswer> => {
    const messages = messagesOf(event);
    const { queued, blocked } = await readMessages(messages, dependencies);
    const isProduced = await produced(queued, dependencies);
    const failed = new Set([...blocked, ...(isProduced ? [] : queued.map(({ message }) => message))]);
    count(messages.length - failed.size, failed.size, dependencies);
    // In the order of the batch.
    const failures = messages.filter((message) => failed.has(message));
    return { batchItemFailures: failures.map(({ id }) => ({ itemIdentifier: id })) };
  };
}

/**
 * Writes events and removes the written ones from the backlog, which holds later events of the same key back.
 */
async function produced(
  queued: readonly Queued[],
  { eventLog, deliveries, log }: DrainDependencies,
): Promise<boolean> {
  const events = queued.map(({ event }) => event);
  try {
    await produceByType(eventLog, events);
  } catch (error) {
    log.warn('The event log did not accept webhooks of the queue.', { error: describeError(error) });
    return false;
  }
  for (const event of events) await deliveries.leaveBacklog(event);
  return true;
}

/** The events of the messages, except those behind a message of their group that could not be buried. */
async function readMessages(
  messages: readonly Message[],
  { sendToDeadLetterQueue: bury, log }: DrainDependencies,
) {
  const blockedGroups = new Set<string>();
  const queued: Queued[] = [];
  const blocked: Message[] = [];
  for (const message of messages) {
    if (blockedGroups.has(message.group)) {
      blocked.push(message);
      continue;
    }
    const parsed = parseEvent(message.body);
    const reason = faultOf(parsed);
    if (parsed.kind !== 'invalid' && reason === '') {
      queued.push({ message, event: parsed.event });
      continue;
    }
    log.error('A message of the fallback queue is not a webhook.', { messageId: message.id, reason });
    try {
      await bury(message);
    } catch (error) {
      log.warn('The dead-letter queue did not accept a message.', { error: describeError(error) });
      blockedGroups.add(message.group);
      blocked.push(message);
    }
  }
  return { queued, blocked };
}

/** Why a message is not from the receiver; empty for one that is, also of a later schema version. */
function faultOf(parsed: ParsedEvent): string {
  if (parsed.kind === 'invalid') return parsed.reason;
  return parsed.event.type === webhookTopic ? '' : 'an event of another type';
}

function count(drained: number, failed: number, { environment, now, writeMetrics }: DrainDependencies): void {
  const counts: Record<DrainMetric, number> = { WebhooksDrained: drained, WebhookDrainFailures: failed };
  writeMetrics(embeddedMetrics([{ dimensions: ['environment'], counts }], { environment }, now()));
}

/** The records of an SQS event; accepts any value. */
function messagesOf(event: unknown): readonly Message[] {
  const { Records: records } = Object(event) as { readonly Records?: unknown };
  if (!Array.isArray(records)) return [];
  return records.map((record: unknown) => {
    const { messageId, body, attributes } = Object(record) as Readonly<Record<string, unknown>>;
    const { MessageGroupId: group } = Object(attributes) as { readonly MessageGroupId?: unknown };
    return { id: String(messageId), group: String(group), body: String(body) };
  });
}
