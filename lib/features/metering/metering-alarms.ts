import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import type { MeteringMetrics } from './metering-metrics.ts';

export interface MeteringAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: MeteringMetrics;
}

/** What somebody must hear of the usage of clients and of the access log's way. */
export class MeteringAlarms extends Construct {
  /** What follows from brokers or a store that are away; told by a group that knows of them. */
  readonly delayAlarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, { topic, metrics }: MeteringAlarmsProps) {
    super(scope, id);
    const errors = new GatewayAlarm(this, 'MeteringErrors', {
      runbook: 'metering/MeteringErrors',
      description:
        'Metering fails: its lines come again and count once, and until then bytes refuse nobody. Look at its log.',
      metric: metrics.errors,
      threshold: 0,
      periods: 5,
    });
    const behind = new GatewayAlarm(this, 'MeteringLag', {
      runbook: 'metering/MeteringLag',
      description: 'Lines of the access log have waited for over ten minutes to be counted.',
      metric: metrics.lagSeconds,
      threshold: 600,
      periods: 3,
    });
    new GatewayAlarm(this, 'MeteringParseErrors', {
      topic,
      runbook: 'metering/MeteringParseErrors',
      description: 'Lines of the access log are not of the format that metering reads, or a month too late.',
      metric: metrics.unreadable,
      threshold: 0,
      periods: 3,
    });
    const fallback = new GatewayAlarm(this, 'AccessLogFallback', {
      runbook: 'metering/AccessLogFallback',
      description:
        'The access log waits in its queue, because the event log does not take it. Look at the brokers.',
      metric: metrics.fallback,
      threshold: 0,
      periods: 3,
    });
    new GatewayAlarm(this, 'MeteringDeadLetters', {
      topic,
      runbook: 'metering/MeteringDeadLetters',
      description:
        'Lines of the access log could not be counted or passed on for four days, and wait for somebody.',
      metric: metrics.deadLetters,
      threshold: 0,
      periods: 1,
    });
    this.delayAlarms = [errors.alarm, behind.alarm, fallback.alarm];
  }
}
