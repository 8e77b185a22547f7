/** The contract between the webhook function and the templates. Imports nothing. */

/** The file beside the bundle that lists the senders. */
export const webhooksFileName = 'webhooks.json';

export const webhookFormats = ['stripe', 'standard'] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

/** One sender, as in the catalogue. */
export interface WebhookSource {
  readonly name: string;
  /** `stripe`: `Stripe-Signature`. `standard`: Standard Webhooks (https://www.standardwebhooks.com). */
  readonly format: WebhookFormat;
  /** Maximum difference between the sender's clock and ours, in both directions. */
  readonly toleranceSeconds: number;
  /**
   * Dotted paths of the body: the first that leads to a text is the key within which events stay in order.
   */
  readonly orderBy: readonly string[];
  /** The topic of its events, and also their type. */
  readonly topic: 'payments.webhook';
  /** Name of the sender's signing secret in Secrets Manager. */
  readonly secretId: string;
}

export interface WebhookSettings {
  /** Name of the environment, for metrics. */
  readonly environment: string;
  /** By the API's route key. */
  readonly sources: Readonly<Record<string, WebhookSource>>;
}

/** Names of the environment variables, besides those of the limit store and the event log. */
export const env = {
  /** Name of the origin secret. */
  originSecretId: 'ORIGIN_SECRET_ID',
  /** Queue that stores events while the event log is unavailable. */
  fallbackQueueUrl: 'FALLBACK_QUEUE_URL',
} as const;

/**
 * Metrics by environment; `WebhooksRefused` also by reason. `WebhookFallbacks` are accepted events that went
 * into the queue, `WebhookIngestionErrors` those that neither log nor queue accepted,
 * `WebhooksNotDeduplicated` those accepted while the limit store could not detect duplicates.
 */
export type WebhookMetric =
  | 'WebhooksAccepted'
  | 'WebhookDuplicates'
  | 'WebhooksInProgress'
  | 'WebhooksRefused'
  | 'WebhookFallbacks'
  | 'WebhookIngestionErrors'
  | 'WebhooksNotDeduplicated';

/** Why a delivery was refused. Each ends in 4xx; a retry only helps after 409. */
export type RefusalReason =
  | 'origin'
  | 'too-large'
  | 'signature-missing'
  | 'signature-malformed'
  | 'signature-mismatch'
  | 'timestamp'
  | 'body';
