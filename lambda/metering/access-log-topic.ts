import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import { createEvent, type EventOf } from '../../runtime/events/cloud-event.ts';
import { maxLengths } from '../../runtime/events/event-data.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import { parseEvent } from '../../runtime/events/parse-event.ts';
import type { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { describeError } from '../../runtime/logging/log.ts';
import type { AccessLine } from './access-record.ts';
import { accessLogTopic } from './contract.ts';
import { MessageParseError, objectOf, unzip } from './message-encoding.ts';

export type AccessLogEvent = EventOf<typeof accessLogTopic>;

export interface AccessLogTopicPorts {
  readonly events: Pick<EventLog, 'produce'>;
  /** Skips the wait for brokers that have just failed another invocation. */
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  /** Resolves once the queue has stored the message. */
  readonly enqueue: (body: string) => Promise<void>;
  readonly onFailure: (reason: string) => void;
}

export interface AccessLogTopic {
  /**
   * Writes events to the log, or to the queue while the log is unavailable. Rejects when neither stores them.
   *
   * @returns Where they are.
   */
  write(events: readonly AccessLogEvent[]): Promise<'log' | 'queue'>;
  /**
   * Writes the events that waited in the queue to the log. Rejects when that is still unavailable: the
   * message stays in the queue.
   */
  drain(body: string): Promise<void>;
}

/** SQS accepts 1 MiB, and accepted 256 KiB before August 2025. */
const maxBodyBytes = 262_144;

export function createAccessLogTopic({
  events: log,
  breaker,
  now,
  enqueue,
  onFailure,
}: AccessLogTopicPorts): AccessLogTopic {
  const produce = async (events: readonly AccessLogEvent[]) => {
    if (!breaker.admits(now())) throw new Error('circuit-open');
    try {
      await log.produce(accessLogTopic, events);
    } catch (error) {
      breaker.recordFailure(now());
      throw error;
    }
    breaker.recordSuccess();
  };

  const wait = async (events: readonly AccessLogEvent[]): Promise<void> => {
    const body = JSON.stringify({ accessLog: gzipSync(JSON.stringify(events)).toString('base64') });
    if (body.length <= maxBodyBytes || events.length === 1) return await enqueue(body);
    const half = Math.ceil(events.length / 2);
    await wait(events.slice(0, half));
    await wait(events.slice(half));
  };

  return {
    write: async (events) => {
      if (events.length === 0) return 'log';
      try {
        await produce(events);
        return 'log';
      } catch (error) {
        onFailure(describeError(error));
        await wait(events);
        return 'queue';
      }
    },
    drain: async (body) => await produce(readWaiting(body)),
  };
}

/** @throws {MessageParseError} for a message that this module has not written. */
function readWaiting(body: string): readonly AccessLogEvent[] {
  const { accessLog } = objectOf(body);
  if (typeof accessLog !== 'string') throw new MessageParseError('not an access log');
  const events = objectOf(`{"events":${unzip(accessLog)}}`)['events'];
  if (!Array.isArray(events)) throw new MessageParseError('not a list of events');
  return events.map((event: unknown) => {
    const parsed = parseEvent(JSON.stringify(event) ?? '');
    if (parsed.kind !== 'event' || parsed.event.type !== accessLogTopic) {
      throw new MessageParseError('not every element is an event of the access log');
    }
    return parsed.event;
  });
}

/** The event of a line. Lines of one caller stay in order; those of anonymous callers are spread. */
export function accessLogEvent(line: AccessLine, of: { readonly id: string; readonly timeMs: number }) {
  const caller = line['caller'] ?? NO_VALUE;
  const id = bounded(of.id, maxLengths.eventId);
  const subject = caller === NO_VALUE ? id : bounded(caller, maxLengths.key);
  const [source, type] = ['/gateway/access-log', accessLogTopic] as const;
  return createEvent({ ...of, id, source, type, subject, data: line });
}

/** A text as an id or a key; a text that is too long is replaced by its digest. */
function bounded(text: string, length: number): string {
  return text.length <= length ? text : createHash('sha256').update(text).digest('base64url');
}
