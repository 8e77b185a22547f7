import { embeddedMetrics, type MetricSet } from '../../runtime/logging/metrics.ts';
import type { RefusalReason, WebhookMetric } from './contract.ts';

/** The result of one delivery. */
export type WebhookTelemetry =
  | {
      readonly kind: 'accepted';
      readonly eventType: string;
      readonly byQueue: boolean;
      /** Whether the limit store could check for duplicates. */
      readonly isClaimed: boolean;
    }
  | { readonly kind: 'duplicate' | 'in-progress'; readonly eventType: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'undelivered'; readonly eventType?: string };

type Counts = Partial<Record<WebhookMetric, number>>;

/**
 * One line of metrics of a delivery: dimensions have few values; the sender and the event's type are fields.
 * It contains nothing of the body.
 *
 * @param now Milliseconds since the epoch.
 */
export function webhookMetrics(
  seen: WebhookTelemetry,
  environment: string,
  webhook: string,
  now: number,
): string {
  const sets: MetricSet[] = [{ dimensions: ['environment'], counts: countsOf(seen) }];
  if (seen.kind === 'refused') {
    sets.push({ dimensions: ['environment', 'reason'], counts: { WebhooksRefused: 1 } });
  }
  const fields = {
    environment,
    webhook,
    outcome: seen.kind,
    ...(seen.kind === 'refused' ? { reason: seen.reason } : {}),
    ...('eventType' in seen ? { eventType: seen.eventType } : {}),
  };
  return embeddedMetrics(sets, fields, now);
}

function countsOf(seen: WebhookTelemetry): Counts {
  if (seen.kind !== 'accepted') return { [metricOf[seen.kind]]: 1 };
  return {
    WebhooksAccepted: 1,
    ...(seen.byQueue ? { WebhookFallbacks: 1 } : {}),
    ...(seen.isClaimed ? {} : { WebhooksNotDeduplicated: 1 }),
  };
}

const metricOf = {
  duplicate: 'WebhookDuplicates',
  'in-progress': 'WebhooksInProgress',
  refused: 'WebhooksRefused',
  undelivered: 'WebhookIngestionErrors',
} as const satisfies Readonly<Record<Exclude<WebhookTelemetry['kind'], 'accepted'>, WebhookMetric>>;
