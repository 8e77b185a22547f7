import type { Message, SQS } from '@aws-sdk/client-sqs';
import { sendToAws } from './aws-clients.ts';

/** A webhook that the gateway could not write to the event log. */
export interface DeadLetterWebhook {
  readonly eventId: string;
  /** The sender's entry in the catalogue, and its name for the event type. */
  readonly sender: string;
  readonly type: string;
  /** When the gateway accepted it: ISO 8601, UTC. */
  readonly receivedAt: string;
  /** Events with the same key keep their order. */
  readonly key: string;
}

export interface WebhookDeadLetterQueue {
  /**
   * Lists the waiting webhooks, in their order within each key, and leaves them in the queue. SQS returns at most ten of
   * a key at a time, and the others when these are gone.
   */
  list(): Promise<readonly DeadLetterWebhook[]>;
  /** Moves the chosen webhooks to the fallback queue: sends each there, then deletes it here. Returns their number. */
  replay(isChosen: (webhook: DeadLetterWebhook) => boolean): Promise<number>;
}

interface Held {
  readonly message: Message;
  readonly webhook: DeadLetterWebhook;
}

export function openWebhookDeadLetterQueue(
  sqs: SQS,
  urls: { readonly deadLetters: string; readonly queue: string },
): WebhookDeadLetterQueue {
  /** Receives batches until none has a new message: a message whose visibility timeout ends is received again. */
  async function* receive(): AsyncGenerator<readonly Held[]> {
    const seen = new Set<string>();
    for (;;) {
      const call = sqs.receiveMessage({
        QueueUrl: urls.deadLetters,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 120,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
      });
      const messages = (await sendToAws('SQS ReceiveMessage', call))?.Messages ?? [];
      const fresh = messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
      if (fresh.length === 0) return;
      for (const { MessageId = '' } of fresh) seen.add(MessageId);
      yield fresh.map((message) => ({ message, webhook: webhookOf(message) }));
    }
  }
  const release = async ({ message: { ReceiptHandle } }: Held): Promise<void> => {
    const call = sqs.changeMessageVisibility({
      QueueUrl: urls.deadLetters,
      ReceiptHandle,
      VisibilityTimeout: 0,
    });
    await sendToAws('SQS ChangeMessageVisibility', call);
  };
  const move = async ({ message: { Body, ReceiptHandle, Attributes } }: Held): Promise<void> => {
    const { MessageGroupId, MessageDeduplicationId } = Attributes ?? {};
    const message = { QueueUrl: urls.queue, MessageBody: Body, MessageGroupId, MessageDeduplicationId };
    await sendToAws('SQS SendMessage', sqs.sendMessage(message));
    const received = { QueueUrl: urls.deadLetters, ReceiptHandle };
    await sendToAws('SQS DeleteMessage', sqs.deleteMessage(received));
  };
  return {
    async list() {
      const held: Held[] = [];
      for await (const batch of receive()) held.push(...batch);
      await Promise.all(held.map(release));
      return held.map(({ webhook }) => webhook);
    },
    async replay(isChosen) {
      let moved = 0;
      const left: Held[] = [];
      for await (const batch of receive()) {
        // In sequence, to keep the order within each key.
        for (const each of batch) {
          if (isChosen(each.webhook)) {
            await move(each);
            moved += 1;
          } else left.push(each);
        }
      }
      await Promise.all(left.map(release));
      return moved;
    },
  };
}

/** Reads the CloudEvent of a message; a message that is not one is identified by its message id. */
function webhookOf({ MessageId = '-', Body = '', Attributes }: Message): DeadLetterWebhook {
  const unknown = {
    eventId: MessageId,
    sender: '-',
    type: '-',
    receivedAt: '-',
    key: Attributes?.MessageGroupId ?? '-',
  };
  try {
    const { id, time, partitionkey, data } = JSON.parse(Body) as {
      readonly id: string;
      readonly time: string;
      readonly partitionkey: string;
      readonly data: { readonly provider: string; readonly eventType: string };
    };
    return { eventId: id, sender: data.provider, type: data.eventType, receivedAt: time, key: partitionkey };
  } catch {
    return unknown;
  }
}
