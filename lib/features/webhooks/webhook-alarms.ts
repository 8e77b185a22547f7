import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhookAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: WebhookMetrics;
}

/** Alarms on the ingestion of webhooks. */
export class WebhookAlarms extends Construct {
  /** Alarms without a topic, for the group EventsDelayed, which is suppressed while the brokers are unavailable. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, metrics }: WebhookAlarmsProps) {
    super(scope, id);
    new GatewayAlarm(this, 'WebhookIngestionFailures', {
      topic,
      runbook: 'webhooks/WebhookIngestionFailures',
      firstLook: 'logs webhooks --since 15m',
      description: 'Webhooks get 503. Their senders retry for up to three days. Payments are confirmed late.',
      metric: metrics.lost,
      threshold: 0,
      periods: 3,
    });
    new GatewayAlarm(this, 'WebhookSignatureFailures', {
      topic,
      runbook: 'webhooks/WebhookSignatureFailures',
      firstLook: `logs webhooks --since 15m --filter '{ $.outcome = "refused" }'`,
      description:
        'Over 20 % of the webhooks have an invalid signature and get 400. A secret was changed on one side only, or somebody sends forgeries.',
      metric: metrics.mismatchPercent,
      threshold: 20,
      periods: 2,
    });
    const fallback = new GatewayAlarm(this, 'WebhookFallback', {
      runbook: 'webhooks/WebhookFallback',
      firstLook: `logs webhooks --since 15m --filter '{ $.level = "warn" }'`,
      description:
        'Kafka does not accept webhooks, which wait in the fallback queue. Payments are confirmed late.',
      metric: metrics.fallbacks,
      threshold: 0,
      periods: 3,
    });
    const backlog = new GatewayAlarm(this, 'WebhookBacklog', {
      runbook: 'webhooks/WebhookBacklog',
      firstLook: 'logs webhook-drain --since 15m',
      description:
        'A webhook has waited in the fallback queue for over 15 minutes. Its payment is confirmed late.',
      metric: metrics.oldestSeconds,
      threshold: 900,
      periods: 3,
    });
    new GatewayAlarm(this, 'WebhookDeadLetters', {
      topic,
      runbook: 'webhooks/WebhookDeadLetters',
      firstLook: 'logs webhook-drain --since 1h',
      description:
        'Webhooks are in the dead-letter queue after more than a day of retries. Their senders do not resend them; they are deleted after fourteen days.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [fallback.alarm, backlog.alarm];
  }
}
