import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { MeteringMetrics } from './metering-metrics.ts';

export interface MeteringAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: MeteringMetrics;
}

/** Alarms on the metering of clients' usage and on the delivery of the access log. */
export class MeteringAlarms extends Construct {
  /** Alarms without a topic, for the group EventsDelayed, which is suppressed while a dependency is down. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, metrics }: MeteringAlarmsProps) {
    super(scope, id);
    const errors = new GatewayAlarm(this, 'MeteringErrors', {
      runbook: 'metering/MeteringErrors',
      firstLook: `logs metering --since 15m --filter '{ $.level = "error" }'`,
      description:
        'The metering function fails. Lambda retries, and nothing is lost. Usage is out of date, and byte quotas are not enforced until it recovers.',
      metric: metrics.errors,
      threshold: 0,
      periods: 5,
    });
    const lag = new GatewayAlarm(this, 'MeteringLag', {
      runbook: 'metering/MeteringLag',
      firstLook: `logs metering --since 15m --filter '{ $.level = "error" }'`,
      description:
        'Access log lines wait over ten minutes for metering. Usage and byte quotas are out of date.',
      metric: metrics.lagSeconds,
      threshold: 600,
      periods: 3,
    });
    new GatewayAlarm(this, 'MeteringParseErrors', {
      topic,
      runbook: 'metering/MeteringParseErrors',
      firstLook: `logs metering --since 1h --filter '{ $.level = "error" }'`,
      description:
        'Metering cannot parse access log lines, or they are over 30 days old. Their calls are missing from usage.',
      metric: metrics.unreadable,
      threshold: 0,
      periods: 3,
    });
    const fallback = new GatewayAlarm(this, 'AccessLogFallback', {
      runbook: 'metering/AccessLogFallback',
      firstLook: `logs metering --since 15m --filter '{ $.level = "warn" }'`,
      description:
        'Kafka does not accept the access log, which waits in its SQS queue. Consumers of gateway.access-log are late.',
      metric: metrics.fallback,
      threshold: 0,
      periods: 3,
    });
    new GatewayAlarm(this, 'MeteringDeadLetters', {
      topic,
      runbook: 'metering/MeteringDeadLetters',
      firstLook: `logs metering --since 1h --filter '{ $.level = "error" }'`,
      description:
        'Access log lines are in the dead-letter queue after four days of retries. They are deleted after fourteen days.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [errors.alarm, lag.alarm, fallback.alarm];
  }
}
