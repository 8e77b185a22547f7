import { createHash } from 'node:crypto';
import { type AppendOnlyLog, openAppendOnlyLog } from '../../run/append-only-log.ts';
import type { Message, NewMessage } from './message.ts';
import {
  applyEvents,
  countMessages,
  emptyQueue,
  eventsOf,
  expiredMessages,
  findDuplicate,
  type MessageCounts,
  nextVisibleAt,
  type QueueEvent,
  type QueueState,
  type Sent,
  selectMessages,
} from './queue-state.ts';

/** A queue as its template describes it. */
export interface QueueSettings {
  readonly id: string;
  readonly name: string;
  readonly isFifo: boolean;
  readonly contentBasedDeduplication: boolean;
  /** Whether a deduplication id is unique in the whole queue or in a message group. */
  readonly deduplicationScope: 'queue' | 'messageGroup';
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly retentionSeconds: number;
  readonly maxMessageBytes: number;
  /** How long a receive call waits when it does not set its wait time. */
  readonly waitSeconds: number;
  readonly redrive?: { readonly deadLetterQueueId: string; readonly maxReceiveCount: number } | undefined;
}

/** A message that was received, and the handle that deletes it. */
export interface Received {
  readonly message: Message;
  readonly receiptHandle: string;
}

export interface QueuePorts {
  /** The path of the journal file. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Finds the dead-letter queue by its id. */
  readonly queue: (id: string) => Queue | undefined;
}

/** A queue whose state is stored in a journal file. */
export class Queue {
  readonly settings: QueueSettings;
  readonly #ports: QueuePorts;
  readonly #journal: AppendOnlyLog<QueueEvent>;
  /** Ends each pending `change`. */
  readonly #waiting = new Set<() => void>();
  #state: QueueState;

  /** Opens the queue with the state that its journal holds. */
  constructor(settings: QueueSettings, ports: QueuePorts) {
    this.settings = settings;
    this.#ports = ports;
    this.#journal = openAppendOnlyLog<QueueEvent>(ports.path, () => eventsOf(this.#state));
    this.#state = applyEvents(emptyQueue, this.#journal.earlier);
  }

  /** Adds a message. A FIFO queue drops a duplicate and returns the first message's id. */
  send(input: NewMessage): Sent {
    const { settings } = this;
    const now = this.#ports.now();
    this.#removeExpired();
    const deduplicationId = input.deduplicationId ?? contentId(settings, input);
    const key = deduplicationKey(settings, input.groupId, deduplicationId);
    const duplicate = key === undefined ? undefined : findDuplicate(this.#state, key, now);
    if (duplicate !== undefined) return duplicate;
    const delaySeconds = input.delaySeconds ?? settings.delaySeconds;
    const message: Message = {
      ...input,
      deduplicationId,
      id: this.#ports.newId(),
      sentAt: now,
      sequence: this.#nextSequence(),
      receiveCount: 0,
      visibleAt: now + delaySeconds * 1_000,
    };
    const sent = { id: message.id, sequence: message.sequence };
    this.#record({ kind: 'message', message });
    if (settings.isFifo && key !== undefined) this.#record({ kind: 'seen', key, sent, at: now });
    this.#wake();
    return sent;
  }

  /** Returns up to `maxMessages` visible messages; a FIFO queue keeps the order of each group. */
  receive(
    maxMessages: number,
    visibilityTimeoutSeconds: number = this.settings.visibilityTimeoutSeconds,
  ): readonly Received[] {
    const { isFifo, redrive } = this.settings;
    const now = this.#ports.now();
    this.#removeExpired();
    const maxReceiveCount = redrive?.maxReceiveCount;
    const selected = selectMessages(this.#state, { maxMessages, isFifo, maxReceiveCount, now });
    if (redrive !== undefined) {
      for (const message of selected.exhausted) this.#moveTo(redrive.deadLetterQueueId, message);
    }
    const received = selected.available.map(
      (message): Message => ({
        ...message,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        visibleAt: now + visibilityTimeoutSeconds * 1_000,
      }),
    );
    this.#record(...received.map((message) => ({ kind: 'message', message }) as const));
    return received.map((message) => ({ message, receiptHandle: receiptHandleOf(message) }));
  }

  /** Deletes a message. A FIFO queue refuses a handle whose visibility timeout has expired. */
  delete(receiptHandle: string): 'deleted' | 'expired' | 'invalid' {
    const message = this.#findReceived(receiptHandle);
    if (message === 'invalid') return 'invalid';
    if (message === 'gone') return 'deleted';
    if (this.settings.isFifo && message.visibleAt <= this.#ports.now()) return 'expired';
    this.#record(gone(message));
    // The next message of the same FIFO group can be received now.
    this.#wake();
    return 'deleted';
  }

  changeVisibility(receiptHandle: string, seconds: number): 'changed' | 'not-in-flight' | 'invalid' {
    const message = this.#findReceived(receiptHandle);
    const now = this.#ports.now();
    if (message === 'invalid') return 'invalid';
    if (message === 'gone' || message.visibleAt <= now) return 'not-in-flight';
    this.#record({ kind: 'message', message: { ...message, visibleAt: now + seconds * 1_000 } });
    this.#wake();
    return 'changed';
  }

  purge(): void {
    this.#record(...[...this.#state.messages.values()].map(gone));
  }

  counts(): MessageCounts {
    this.#removeExpired();
    return countMessages(this.#state, this.#ports.now());
  }

  /** Takes a message from the queue `source`, whose dead-letter queue this is. */
  adopt(message: Message, source: string): void {
    this.#record({
      kind: 'message',
      message: {
        ...message,
        sequence: this.#nextSequence(),
        receiveCount: 0,
        firstReceivedAt: undefined,
        visibleAt: this.#ports.now(),
        deadLetterSource: source,
      },
    });
    this.#wake();
  }

  /** Resolves when a message may have become visible, at the latest after `milliseconds`. */
  change(milliseconds: number): Promise<void> {
    const now = this.#ports.now();
    const untilVisible = nextVisibleAt(this.#state, now) - now;
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, Math.min(milliseconds, untilVisible)));
      this.#waiting.add(wake);
    });
  }

  close(): void {
    this.#wake();
    this.#journal.close();
  }

  #record(...events: readonly QueueEvent[]): void {
    if (events.length === 0) return;
    this.#state = applyEvents(this.#state, events);
    for (const event of events) this.#journal.append(event);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  #removeExpired(): void {
    const expired = expiredMessages(this.#state, this.settings.retentionSeconds, this.#ports.now());
    this.#record(...expired.map(gone));
  }

  #moveTo(deadLetterQueueId: string, message: Message): void {
    // The message is added before it is removed: a crash in between leaves it in both queues, not in neither.
    this.#ports.queue(deadLetterQueueId)?.adopt(message, this.settings.id);
    this.#record(gone(message));
  }

  #findReceived(receiptHandle: string): Message | 'gone' | 'invalid' {
    const [, id = '', count] = /^(.+)#(\d+)$/.exec(Buffer.from(receiptHandle, 'base64').toString()) ?? [];
    if (count === undefined) return 'invalid';
    const message = this.#state.messages.get(id);
    return message?.receiveCount === Number(count) ? message : 'gone';
  }

  /** Of a FIFO queue: twenty digits that increase; undefined for a standard queue. */
  #nextSequence(): string | undefined {
    return this.settings.isFifo ? String(this.#state.lastSequence + 1).padStart(20, '0') : undefined;
  }
}

const gone = ({ id }: Message): QueueEvent => ({ kind: 'gone', id });

const receiptHandleOf = ({ id, receiveCount }: Message): string =>
  Buffer.from(`${id}#${receiveCount}`).toString('base64');

function contentId(
  { isFifo, contentBasedDeduplication }: QueueSettings,
  { body }: NewMessage,
): string | undefined {
  if (!isFifo || !contentBasedDeduplication) return undefined;
  return createHash('sha256').update(body).digest('hex');
}

function deduplicationKey(
  { deduplicationScope }: QueueSettings,
  groupId: string | undefined,
  deduplicationId: string | undefined,
): string | undefined {
  if (deduplicationId === undefined || deduplicationScope === 'queue') return deduplicationId;
  return `${groupId} ${deduplicationId}`;
}
