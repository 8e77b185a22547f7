import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhookAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: WebhookMetrics;
}

/** What somebody must hear of the senders' door. */
export class WebhookAlarms extends Construct {
  /** What follows from brokers that are away; told by a group that knows of them. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, metrics }: WebhookAlarmsProps) {
    super(scope, id);
    new GatewayAlarm(this, 'WebhookIngestionFailures', {
      topic,
      runbook: 'webhooks/WebhookIngestionFailures',
      description:
        'Webhooks are not taken: their senders try again, for some days. Look at the log of the function that takes them.',
      metric: metrics.lost,
      threshold: 0,
      periods: 3,
    });
    new GatewayAlarm(this, 'WebhookSignatureFailures', {
      topic,
      runbook: 'webhooks/WebhookSignatureFailures',
      description:
        'A fifth of the webhooks have a wrong signature: a secret was changed on one side only, or somebody guesses.',
      metric: metrics.mismatchPercent,
      threshold: 20,
      periods: 2,
    });
    const fallback = new GatewayAlarm(this, 'WebhookFallback', {
      runbook: 'webhooks/WebhookFallback',
      description:
        'Webhooks go into the fallback queue, because the event log does not take them. Look at the brokers.',
      metric: metrics.fallbacks,
      threshold: 0,
      periods: 3,
    });
    const backlog = new GatewayAlarm(this, 'WebhookBacklog', {
      runbook: 'webhooks/WebhookBacklog',
      description: 'A webhook has waited in the fallback queue for over a quarter of an hour.',
      metric: metrics.oldestSeconds,
      threshold: 900,
      periods: 3,
    });
    new GatewayAlarm(this, 'WebhookDeadLetters', {
      topic,
      runbook: 'webhooks/WebhookDeadLetters',
      description: 'Webhooks could not be brought into the event log for over a day, and wait for somebody.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [fallback.alarm, backlog.alarm];
  }
}
