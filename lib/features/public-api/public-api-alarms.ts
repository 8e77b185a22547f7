import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { type ApiMetrics, minCallsPerMinute } from '../observability/api-metrics.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import { LatencyAlarm } from '../observability/latency-alarm.ts';

export interface PublicApiAlarmsProps {
  readonly topic: ITopic;
  readonly suppressedBy: IAlarm;
  readonly metrics: ApiMetrics;
  /** Alarms of the authorizer; they are part of the API's group. */
  readonly authorizerAlarms: readonly IAlarm[];
}

/** Alarms of the public API, with one notification for all. */
export class PublicApiAlarms extends Construct {
  /** More than 5 % of the calls end in 5xx. */
  readonly serverErrors: IAlarm;

  constructor(
    scope: Construct,
    id: string,
    { topic, suppressedBy, metrics, authorizerAlarms }: PublicApiAlarmsProps,
  ) {
    super(scope, id);
    this.serverErrors = new GatewayAlarm(this, 'PublicApiServerErrors', {
      runbook: 'public-api/PublicApiServerErrors',
      firstLook: `logs public-api --since 15m --filter '{ $.status = "5*" }'`,
      description: `More than 5 % of the calls of the public API end in 5xx (at least ${minCallsPerMinute} a minute). Shoppers see errors. A policy rollout in progress is rolled back.`,
      metric: metrics.serverErrorPercent,
      threshold: 5,
      periods: 2,
    }).alarm;
    const latency = new LatencyAlarm(this, 'PublicApiLatencyHigh', {
      api: metrics,
      runbook: 'public-api/PublicApiLatencyHigh',
    }).alarm;
    new AlarmGroup(this, 'PublicApiDegraded', {
      topic,
      runbook: 'public-api/PublicApiDegraded',
      description:
        'The public API has errors, slow responses, or a failing authorizer. Some shoppers are affected.',
      suppressedBy,
      alarms: [this.serverErrors, latency, ...authorizerAlarms],
    });
  }
}
