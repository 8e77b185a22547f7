import { createHash } from 'node:crypto';
import { type AppendOnlyLog, openAppendOnlyLog } from '../../run/append-only-log.ts';
import type { Message, NewMessage } from './message.ts';

/** A queue as its template describes it. */
export interface QueueSettings {
  readonly id: string;
  readonly name: string;
  readonly isFifo: boolean;
  readonly contentBasedDeduplication: boolean;
  /** Whether an id of deduplication counts in the whole queue or in a group. */
  readonly deduplicationScope: 'queue' | 'messageGroup';
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly retentionSeconds: number;
  readonly maxMessageBytes: number;
  /** How long a receive call waits that does not say so itself. */
  readonly waitSeconds: number;
  readonly redrive?: { readonly deadLetterQueueId: string; readonly maxReceiveCount: number } | undefined;
}

/** Id and sequence number: of an earlier message when the new one is its repetition. */
export type Sent = Pick<Message, 'id' | 'sequence'>;

/** A message in somebody's hands, until its visibility timeout is over. */
export interface Received {
  readonly message: Message;
  readonly receiptHandle: string;
}

export interface Queue {
  readonly settings: QueueSettings;
  send(message: NewMessage): Sent;
  /** Up to so many messages that are visible now: of a FIFO queue in the order of their groups. */
  receive(most: number, visibilityTimeoutSeconds?: number): readonly Received[];
  /** Of a FIFO queue only while the message is in the hands of who deletes it. */
  delete(receiptHandle: string): 'deleted' | 'expired' | 'invalid';
  changeVisibility(receiptHandle: string, seconds: number): 'changed' | 'not-in-flight' | 'invalid';
  purge(): void;
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
  /** Takes in a message that another queue has given up. */
  adopt(message: Message, source: string): void;
  /** Fulfils when a message may have become visible, or after so many milliseconds. */
  change(milliseconds: number): Promise<void>;
  close(): void;
}

export interface QueuePorts {
  /** The file that it is kept in. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly queue: (id: string) => Queue | undefined;
}

type Entry =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'seen'; readonly key: string; readonly sent: Sent; readonly at: number }
  | { readonly kind: 'sequence'; readonly last: number };

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html */
const deduplicationMilliseconds = 300_000;

/** A queue with what its journal says is in it. */
export function openQueue(settings: QueueSettings, ports: QueuePorts): Queue {
  const { now } = ports;
  /** In the order of sending. */
  const messages = new Map<string, Message>();
  const seen = new Map<string, { readonly sent: Sent; readonly at: number }>();
  const waiting = new Set<() => void>();
  let lastSequence = 0;

  const apply = (entry: Entry): void => {
    if (entry.kind === 'message') messages.set(entry.message.id, entry.message);
    else if (entry.kind === 'gone') messages.delete(entry.id);
    else if (entry.kind === 'seen') seen.set(entry.key, { sent: entry.sent, at: entry.at });
    else lastSequence = Math.max(lastSequence, entry.last);
  };
  const journal: AppendOnlyLog<Entry> = openAppendOnlyLog<Entry>(ports.path, () => [
    { kind: 'sequence', last: lastSequence },
    ...[...messages.values()].map((message) => ({ kind: 'message', message }) as const),
    ...[...seen].map(([key, { sent, at }]) => ({ kind: 'seen', key, sent, at }) as const),
  ]);
  for (const entry of journal.earlier) {
    apply(entry);
    if (entry.kind === 'message') lastSequence = Math.max(lastSequence, Number(entry.message.sequence ?? 0));
  }
  const record = (entry: Entry): void => {
    apply(entry);
    journal.append(entry);
  };
  const arrived = (): void => {
    for (const wake of waiting) wake();
  };

  const forgetOld = (): void => {
    for (const [key, { at }] of seen) if (now() - at >= deduplicationMilliseconds) seen.delete(key);
    const oldest = now() - settings.retentionSeconds * 1_000;
    for (const message of messages.values()) if (message.sentAt <= oldest) record(gone(message));
  };

  const giveUp = (message: Message, deadLetterQueueId: string): void => {
    // First there, then gone from here: whatever ends the process in between, one has it.
    ports.queue(deadLetterQueueId)?.adopt(message, settings.id);
    record(gone(message));
  };

  const inHands = (receiptHandle: string): Message | 'gone' | 'invalid' => {
    const [, id = '', count] = /^(.+)#(\d+)$/.exec(Buffer.from(receiptHandle, 'base64').toString()) ?? [];
    if (count === undefined) return 'invalid';
    const message = messages.get(id);
    return message?.receiveCount === Number(count) ? message : 'gone';
  };

  return {
    settings,
    send(input) {
      forgetOld();
      const at = now();
      const deduplicationId = input.deduplicationId ?? contentId(settings, input);
      const key =
        settings.deduplicationScope === 'queue' ? deduplicationId : `${input.groupId} ${deduplicationId}`;
      const earlier = deduplicationId === undefined ? undefined : seen.get(key ?? '');
      if (earlier !== undefined) return earlier.sent;
      const delaySeconds = input.delaySeconds ?? settings.delaySeconds;
      const message: Message = {
        ...input,
        deduplicationId,
        id: ports.newId(),
        sentAt: at,
        sequence: settings.isFifo ? sequenceText(lastSequence + 1) : undefined,
        receiveCount: 0,
        visibleAt: at + delaySeconds * 1_000,
      };
      if (settings.isFifo) lastSequence += 1;
      record({ kind: 'message', message });
      const sent = { id: message.id, sequence: message.sequence };
      if (settings.isFifo && key !== undefined) record({ kind: 'seen', key, sent, at });
      arrived();
      return sent;
    },
    receive(most, visibilityTimeoutSeconds = settings.visibilityTimeoutSeconds) {
      forgetOld();
      const at = now();
      const { redrive } = settings;
      const received: Received[] = [];
      // A group goes on when what is in flight of it is done: its order would not hold otherwise.
      const held = new Set<string | undefined>();
      for (const message of messages.values()) {
        if (received.length === most) break;
        if (settings.isFifo && held.has(message.groupId)) continue;
        if (message.visibleAt > at) {
          held.add(message.groupId);
        } else if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
          giveUp(message, redrive.deadLetterQueueId);
        } else {
          const handedOut: Message = {
            ...message,
            receiveCount: message.receiveCount + 1,
            firstReceivedAt: message.firstReceivedAt ?? at,
            visibleAt: at + visibilityTimeoutSeconds * 1_000,
          };
          record({ kind: 'message', message: handedOut });
          received.push({ message: handedOut, receiptHandle: handle(handedOut) });
        }
      }
      return received;
    },
    delete(receiptHandle) {
      const message = inHands(receiptHandle);
      if (message === 'invalid') return 'invalid';
      if (message === 'gone') return 'deleted';
      if (settings.isFifo && message.visibleAt <= now()) return 'expired';
      record(gone(message));
      // The next one of its group is free.
      arrived();
      return 'deleted';
    },
    changeVisibility(receiptHandle, seconds) {
      const message = inHands(receiptHandle);
      if (message === 'invalid') return 'invalid';
      if (message === 'gone' || message.visibleAt <= now()) return 'not-in-flight';
      record({ kind: 'message', message: { ...message, visibleAt: now() + seconds * 1_000 } });
      arrived();
      return 'changed';
    },
    purge() {
      for (const message of messages.values()) record(gone(message));
    },
    counts() {
      forgetOld();
      const hidden = [...messages.values()].filter(({ visibleAt }) => visibleAt > now());
      const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
      return { visible: messages.size - hidden.length, inFlight: hidden.length - delayed, delayed };
    },
    adopt(message, source) {
      lastSequence += 1;
      record({
        kind: 'message',
        message: {
          ...message,
          sequence: settings.isFifo ? sequenceText(lastSequence) : undefined,
          receiveCount: 0,
          firstReceivedAt: undefined,
          visibleAt: now(),
          deadLetterSource: source,
        },
      });
      arrived();
    },
    change(milliseconds) {
      const nextAt = Math.min(
        ...[...messages.values()].map(({ visibleAt }) => visibleAt).filter(isLater(now())),
      );
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.max(0, Math.min(milliseconds, nextAt - now())));
        waiting.add(wake);
      });
    },
    close() {
      arrived();
      journal.close();
    },
  };
}

const gone = ({ id }: Message): Entry => ({ kind: 'gone', id });
const handle = ({ id, receiveCount }: Message): string =>
  Buffer.from(`${id}#${receiveCount}`).toString('base64');
const sequenceText = (value: number): string => String(value).padStart(20, '0');
const isLater = (than: number) => (instant: number) => instant > than;

function contentId(
  { isFifo, contentBasedDeduplication }: QueueSettings,
  { body }: NewMessage,
): string | undefined {
  if (!isFifo || !contentBasedDeduplication) return undefined;
  return createHash('sha256').update(body).digest('hex');
}
