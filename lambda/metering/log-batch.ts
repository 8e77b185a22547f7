import { gunzipSync } from 'node:zlib';

/** A line of a log group, with the id that CloudWatch Logs gave it. */
export interface LogLine {
  readonly id: string;
  /** When the group got it, milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly message: string;
}

/**
 * Reads what CloudWatch Logs hands to a function that is subscribed to a log group: gzipped JSON in base64
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). A control message, by which it
 * tries whether there is somebody, has no lines. Undefined for an event of another kind.
 *
 * @throws Error when the data are not what the guide says.
 */
export function readLogBatch(event: unknown): readonly LogLine[] | undefined {
  const data = (event as { readonly awslogs?: { readonly data?: unknown } } | null)?.awslogs?.data;
  if (typeof data !== 'string') return undefined;
  const batch = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as Batch;
  if (batch.messageType !== 'DATA_MESSAGE') return [];
  return batch.logEvents.map(({ id, timestamp, message }) => ({ id, timestampMs: timestamp, message }));
}

interface Batch {
  readonly messageType: string;
  readonly logEvents: readonly {
    readonly id: string;
    readonly timestamp: number;
    readonly message: string;
  }[];
}
