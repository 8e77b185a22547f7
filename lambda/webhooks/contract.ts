/** What the webhook function and the templates agree on. Imports nothing. */

/** The file beside the bundle that lists the senders. */
export const webhooksFileName = 'webhooks.json';

export const webhookFormats = ['stripe', 'standard'] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

/** One sender, as the catalogue has it. */
export interface WebhookSource {
  readonly name: string;
  /** `stripe`: `Stripe-Signature`. `standard`: Standard Webhooks (https://www.standardwebhooks.com). */
  readonly format: WebhookFormat;
  /** How far the sender's clock may be from ours, both ways. */
  readonly toleranceSeconds: number;
  /** Dotted paths of the body: the first that leads to a text is the key within which events stay in order. */
  readonly orderBy: readonly string[];
  /** Where its events go; also their type. */
  readonly topic: 'payments.webhook';
  /** Secrets Manager's name of what the sender signs with. */
  readonly secretId: string;
}

export interface WebhookSettings {
  /** Name of the environment, for metrics. */
  readonly environment: string;
  /** By the API's route key. */
  readonly sources: Readonly<Record<string, WebhookSource>>;
}

/** Names of the environment variables, besides those of the store and the event log. */
export const env = {
  /** Name of the edge's secret. */
  originSecretId: 'ORIGIN_SECRET_ID',
  /** Queue that takes events while the log is away. */
  fallbackQueueUrl: 'FALLBACK_QUEUE_URL',
} as const;

/**
 * Counted in the log by environment; `WebhooksRefused` by reason, too. `WebhookFallbacks` are accepted ones that went
 * into the queue, `WebhookIngestionErrors` those that neither log nor queue took, `WebhooksNotDeduplicated` those taken while
 * the store could not tell whether they had been here before.
 */
export type WebhookMetric =
  | 'WebhooksAccepted'
  | 'WebhookDuplicates'
  | 'WebhooksInProgress'
  | 'WebhooksRefused'
  | 'WebhookFallbacks'
  | 'WebhookIngestionErrors'
  | 'WebhooksNotDeduplicated';

/** Why a delivery was not taken. Each ends in 4xx, and 4xx other than 409 repeats no better. */
export type RefusalReason =
  | 'origin'
  | 'too-large'
  | 'signature-missing'
  | 'signature-malformed'
  | 'signature-mismatch'
  | 'timestamp'
  | 'body';
