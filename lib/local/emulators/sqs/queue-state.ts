import type { Message } from './message.ts';

/** The id and sequence number of a message; those of the first one when SQS drops a duplicate. */
export type Sent = Pick<Message, 'id' | 'sequence'>;

/** The contents of a queue, computed from the events of its journal. */
export interface QueueState {
  /** By id, in the order of sending. */
  readonly messages: ReadonlyMap<string, Message>;
  /** Messages sent to a FIFO queue in the last five minutes, by deduplication key. */
  readonly recent: ReadonlyMap<string, { readonly sent: Sent; readonly at: number }>;
  /** The sequence number that was assigned last. */
  readonly lastSequence: number;
}

/** A change of a queue, as its journal stores it. */
export type QueueEvent =
  /** A new message, or a new state of a message. */
  | { readonly kind: 'message'; readonly message: Message }
  /** A message was deleted, expired, or moved to the dead-letter queue. */
  | { readonly kind: 'gone'; readonly id: string }
  /** A deduplication key was used. */
  | { readonly kind: 'seen'; readonly key: string; readonly sent: Sent; readonly at: number }
  | { readonly kind: 'sequence'; readonly last: number };

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html */
const deduplicationMilliseconds = 300_000;

export const emptyQueue: QueueState = { messages: new Map(), recent: new Map(), lastSequence: 0 };

/** Applies events in order. The given state does not change. */
export function applyEvents(state: QueueState, events: readonly QueueEvent[]): QueueState {
  const messages = new Map(state.messages);
  const recent = new Map(state.recent);
  let { lastSequence } = state;
  for (const event of events) {
    switch (event.kind) {
      case 'message':
        messages.set(event.message.id, event.message);
        lastSequence = Math.max(lastSequence, Number(event.message.sequence ?? 0));
        break;
      case 'gone':
        messages.delete(event.id);
        break;
      case 'seen':
        for (const [key, { at }] of recent) if (!isRecent(at, event.at)) recent.delete(key);
        recent.set(event.key, { sent: event.sent, at: event.at });
        break;
      case 'sequence':
        lastSequence = Math.max(lastSequence, event.last);
        break;
    }
  }
  return { messages, recent, lastSequence };
}

/** The events that rebuild a state from an empty queue. */
export function eventsOf({ messages, recent, lastSequence }: QueueState): readonly QueueEvent[] {
  return [
    { kind: 'sequence', last: lastSequence },
    ...[...messages.values()].map((message) => ({ kind: 'message', message }) as const),
    ...[...recent].map(([key, { sent, at }]) => ({ kind: 'seen', key, sent, at }) as const),
  ];
}

/** The message that was sent with the key in the five minutes before `now`; undefined when there is none. */
export function findDuplicate({ recent }: QueueState, key: string, now: number): Sent | undefined {
  const earlier = recent.get(key);
  return earlier !== undefined && isRecent(earlier.at, now) ? earlier.sent : undefined;
}

/** Messages that were sent more than the retention period before `now`. */
export function expiredMessages(
  state: QueueState,
  retentionSeconds: number,
  now: number,
): readonly Message[] {
  const oldest = now - retentionSeconds * 1_000;
  return [...state.messages.values()].filter(({ sentAt }) => sentAt <= oldest);
}

/** The limits of one receive call. */
export interface ReceiveLimits {
  readonly maxMessages: number;
  readonly isFifo: boolean;
  /** A message that was received this often goes to the dead-letter queue; undefined without a redrive policy. */
  readonly maxReceiveCount: number | undefined;
  readonly now: number;
}

/** The visible messages that a receive call returns, and those that it moves to the dead-letter queue instead. */
export function selectMessages(
  { messages }: QueueState,
  { maxMessages, isFifo, maxReceiveCount = Infinity, now }: ReceiveLimits,
): { readonly available: readonly Message[]; readonly exhausted: readonly Message[] } {
  const available: Message[] = [];
  const exhausted: Message[] = [];
  // A message of a FIFO group waits for every earlier message of the group: otherwise the order would be lost.
  const blockedGroups = new Set<string | undefined>();
  for (const message of messages.values()) {
    if (available.length === maxMessages) break;
    if (isFifo && blockedGroups.has(message.groupId)) continue;
    if (message.visibleAt > now) blockedGroups.add(message.groupId);
    else if (message.receiveCount >= maxReceiveCount) exhausted.push(message);
    else available.push(message);
  }
  return { available, exhausted };
}

/** Numbers of messages, as `GetQueueAttributes` reports them. */
export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export function countMessages({ messages }: QueueState, now: number): MessageCounts {
  const hidden = [...messages.values()].filter(({ visibleAt }) => visibleAt > now);
  const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
  return { visible: messages.size - hidden.length, inFlight: hidden.length - delayed, delayed };
}

/** When the next hidden message becomes visible, in milliseconds since 1970; infinite when none is hidden. */
export function nextVisibleAt({ messages }: QueueState, now: number): number {
  return Math.min(...[...messages.values()].map(({ visibleAt }) => visibleAt).filter((at) => at > now));
}

const isRecent = (at: number, now: number): boolean => now - at < deduplicationMilliseconds;
