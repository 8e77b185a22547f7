import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { type ApiMetrics, minCallsPerMinute } from '../observability/api-metrics.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';
import { LatencyAlarm } from '../observability/latency-alarm.ts';

export interface PartnerApiAlarmsProps {
  readonly topic: ITopic;
  readonly suppressedBy: IAlarm;
  readonly metrics: ApiMetrics;
  /** Number of usage plans that differ from the plans in force. */
  readonly planDrift: IMetric;
}

/** Alarms of the partner API and of its usage plans. */
export class PartnerApiAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { topic, suppressedBy, metrics, planDrift }: PartnerApiAlarmsProps,
  ) {
    super(scope, id);
    const runbook = 'partner-api/PartnerApiDegraded';
    const serverErrors = new GatewayAlarm(this, 'PartnerApiServerErrors', {
      runbook,
      firstLook: `logs partner-api --since 15m --filter '{ $.status = "5*" }'`,
      description: `More than 5 % of the calls of the partner API end in 5xx (at least ${minCallsPerMinute} a minute). Partners see errors.`,
      metric: metrics.serverErrorPercent,
      threshold: 5,
      periods: 2,
    }).alarm;
    const latency = new LatencyAlarm(this, 'PartnerApiLatencyHigh', { api: metrics, runbook }).alarm;
    new AlarmGroup(this, 'PartnerApiDegraded', {
      topic,
      runbook,
      description: 'The partner API has errors or slow responses. Partners are affected.',
      suppressedBy,
      alarms: [serverErrors, latency],
    });
    new GatewayAlarm(this, 'PartnerPlanDrift', {
      topic,
      runbook: 'partner-api/PartnerPlanDrift',
      description:
        'A plan of the partner API differs from the plan of the public API, and half an hour of retries did not correct it. ' +
        'Partners on the plan have other limits than sold.',
      firstLook: `logs partner-plans --since 1h --filter '{ $.level = "error" }'`,
      metric: planDrift,
      threshold: 0,
      periods: 2,
    });
  }
}
