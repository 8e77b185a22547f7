import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { callAws, sqs } from '../../../runtime/aws/aws-json.ts';
import { OpsError } from '../commands/ops-error.ts';

/** A webhook that could not be brought into the event log, as its message tells. */
export interface DeadLetterWebhook {
  readonly eventId: string;
  /** The sender's entry of the catalogue, and its word for what happened. */
  readonly sender: string;
  readonly type: string;
  /** When the gateway took it: ISO 8601, UTC. */
  readonly receivedAt: string;
  /** Within which its events stay in order. */
  readonly key: string;
}

export interface WebhookDeadLetterQueue {
  /**
   * Looks at what waits, in the queue's order within each key, and leaves everything where it is. SQS shows ten of a
   * key at a time: the others when these are gone.
   */
  list(): Promise<readonly DeadLetterWebhook[]>;
  /** Sends those that are chosen on to the fallback queue, and takes them away here once they are there. */
  replay(isChosen: (webhook: DeadLetterWebhook) => boolean): Promise<number>;
}

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: { readonly MessageGroupId: string; readonly MessageDeduplicationId: string };
}

interface Held {
  readonly message: Message;
  readonly webhook: DeadLetterWebhook;
}

/** @param endpoint Base URL of SQS, without a path. */
export function openWebhookDeadLetterQueue(
  endpoint: string,
  credentials: AwsCredentials,
  urls: { readonly deadLetters: string; readonly queue: string },
): WebhookDeadLetterQueue {
  const call = async (operation: string, input: object): Promise<unknown> => {
    const { status, text } = await callAws(sqs(endpoint, 30_000), credentials, operation, input).catch(
      (cause: unknown) => {
        throw new OpsError(`SQS at ${endpoint} does not answer (${String(cause)}).`, 'Try again.', 1, {
          cause,
        });
      },
    );
    if (status === 200) return text === '' ? {} : JSON.parse(text);
    throw new OpsError(
      `SQS refused ${operation} (${status}): ${text}`,
      'See that the environment is deployed and that the credentials may use its queues.',
    );
  };
  /** Batch by batch, until there is none that has not been seen: what is held for too long shows up again. */
  async function* receive(): AsyncGenerator<readonly Held[]> {
    const seen = new Set<string>();
    for (;;) {
      const answer = (await call('ReceiveMessage', {
        QueueUrl: urls.deadLetters,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 120,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
      })) as { readonly Messages?: readonly Message[] };
      const fresh = (answer.Messages ?? []).filter(({ MessageId }) => !seen.has(MessageId));
      if (fresh.length === 0) return;
      for (const { MessageId } of fresh) seen.add(MessageId);
      yield fresh.map((message) => ({ message, webhook: webhookOf(message) }));
    }
  }
  const letGo = async ({ message: { ReceiptHandle } }: Held): Promise<void> => {
    const input = { QueueUrl: urls.deadLetters, ReceiptHandle, VisibilityTimeout: 0 };
    await call('ChangeMessageVisibility', input);
  };
  const move = async ({ message: { Body, ReceiptHandle, Attributes } }: Held): Promise<void> => {
    await call('SendMessage', { QueueUrl: urls.queue, MessageBody: Body, ...Attributes });
    await call('DeleteMessage', { QueueUrl: urls.deadLetters, ReceiptHandle });
  };
  return {
    async list() {
      const held: Held[] = [];
      for await (const batch of receive()) held.push(...batch);
      await Promise.all(held.map(letGo));
      return held.map(({ webhook }) => webhook);
    },
    async replay(isChosen) {
      let moved = 0;
      const left: Held[] = [];
      for await (const batch of receive()) {
        // One after another: those of a key are in their order.
        for (const each of batch) {
          if (isChosen(each.webhook)) {
            await move(each);
            moved += 1;
          } else left.push(each);
        }
      }
      await Promise.all(left.map(letGo));
      return moved;
    },
  };
}

/** By the message's CloudEvent; a message that is none is told by its own id. */
function webhookOf({ MessageId, Body, Attributes }: Message): DeadLetterWebhook {
  const unknown = {
    eventId: MessageId,
    sender: '-',
    type: '-',
    receivedAt: '-',
    key: Attributes.MessageGroupId,
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
