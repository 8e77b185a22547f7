import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { callAws, sqs } from '../../runtime/aws/aws-json.ts';
import { messageText } from '../../runtime/aws/sqs.ts';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { eventText } from '../../runtime/events/event-text.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import { deduplicationIdOf, orderGroupOf } from '../../runtime/webhooks/webhook-deliveries.ts';

/** The FIFO queue of events that the log did not accept. */
export interface FallbackQueue {
  /** `unknown`: no answer came, so the queue may have stored it. Never rejects. */
  send(event: CloudEvent): Promise<'sent' | 'refused' | 'unknown'>;
}

export interface QueueAddress {
  /** Base URL of SQS, without a path. */
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly timeoutMilliseconds: number;
}

/** SendMessage (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). */
export function createFallbackQueue(
  { endpoint, queueUrl, timeoutMilliseconds }: QueueAddress,
  credentials: AwsCredentials,
  log: Log,
): FallbackQueue {
  return {
    send: async (event) => {
      const input = {
        QueueUrl: queueUrl,
        MessageBody: messageText(eventText(event)),
        MessageGroupId: orderGroupOf(event),
        MessageDeduplicationId: deduplicationIdOf(event),
      };
      try {
        const { status, text } = await callAws(
          sqs(endpoint, timeoutMilliseconds),
          credentials,
          'SendMessage',
          input,
        );
        if (status === 200) return 'sent';
        log.error('The fallback queue refused a webhook.', { status, answer: text.slice(0, 500) });
        return status < 500 ? 'refused' : 'unknown';
      } catch (error) {
        log.error('The fallback queue did not answer.', { error: describeError(error) });
        return 'unknown';
      }
    },
  };
}
