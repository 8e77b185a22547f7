import { MessageParseError, objectOf, unzip } from './message-encoding.ts';

/** A line of a log group, with the id that CloudWatch Logs gave it. */
export interface LogLine {
  readonly id: string;
  /** When the group received it, milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly message: string;
}

/**
 * Reads the event of a CloudWatch Logs subscription: gzipped JSON in base64
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). A control message, by
 * which CloudWatch Logs tests the destination, has no lines. Undefined for an event of another kind.
 *
 * @throws {MessageParseError} when the data does not have the documented form.
 */
export function readLogBatch(event: unknown): readonly LogLine[] | undefined {
  const data = (event as { readonly awslogs?: { readonly data?: unknown } } | null)?.awslogs?.data;
  if (typeof data !== 'string') return undefined;
  const { messageType, logEvents } = objectOf(unzip(data));
  if (messageType !== 'DATA_MESSAGE') return [];
  if (!Array.isArray(logEvents)) throw new MessageParseError('it has no log events');
  return logEvents.map((logEvent: unknown) => {
    const { id, timestamp, message } = Object(logEvent) as Readonly<Record<string, unknown>>;
    return {
      id: typeof id === 'string' ? id : '-',
      timestampMs: Number.isSafeInteger(timestamp) ? Number(timestamp) : 0,
      message: typeof message === 'string' ? message : '',
    };
  });
}
