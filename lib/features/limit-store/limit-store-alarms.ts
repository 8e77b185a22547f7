import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { decisionMetrics } from '../auth/decision-metrics.ts';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import type { LimitStoreMetrics } from './limit-store-metrics.ts';

export interface LimitStoreAlarmsProps {
  readonly topic: ITopic;
  readonly environmentName: string;
  /** Of the cache that is made here; undefined for one that is there. */
  readonly metrics: LimitStoreMetrics | undefined;
}

/** Of the store of limits: that it is away, and what announces it. */
export class LimitStoreAlarms extends Construct {
  /** Raised while the authorizer gets no answer. */
  readonly unavailable: IAlarm;

  constructor(scope: Construct, id: string, { topic, environmentName, metrics }: LimitStoreAlarmsProps) {
    super(scope, id);
    this.unavailable = new GatewayAlarm(this, 'LimitStoreUnavailable', {
      topic,
      runbook: 'limit-store/LimitStoreUnavailable',
      description:
        'The store of limits does not answer: each instance counts alone, and some routes are refused. Look at the cache.',
      metric: decisionMetrics(environmentName).storeFailures,
      threshold: 10,
      periods: 3,
    }).alarm;
    if (metrics === undefined) return;
    const strain = (
      name: string,
      description: string,
      of: readonly IMetric[],
      bounds: Pick<GatewayAlarmProps, 'threshold' | 'periods'>,
    ) =>
      of.map(
        (metric, index) =>
          new GatewayAlarm(this, `${name}${index + 1}`, {
            ...bounds,
            runbook: 'limit-store/LimitStoreNearCapacity',
            description,
            metric,
          }).alarm,
      );
    const nearItsEnd = { threshold: 80, periods: 5 };
    const any = { threshold: 0, periods: 3 };
    new AlarmGroup(this, 'LimitStoreNearCapacity', {
      topic,
      runbook: 'limit-store/LimitStoreNearCapacity',
      description: 'The store of limits comes to its end, and has not failed yet.',
      alarms: [
        ...strain('CpuHigh', 'Over 80 % of what the store may compute.', metrics.cpuUsedPercent, nearItsEnd),
        ...strain(
          'MemoryHigh',
          'Over 80 % of the memory that the store may have.',
          metrics.memoryUsedPercent,
          nearItsEnd,
        ),
        ...strain(
          'ConnectionsHigh',
          'Over 80 % of the connections that the store takes.',
          metrics.connectionsPercent,
          nearItsEnd,
        ),
        ...strain(
          'Evictions',
          'The store throws keys away, and limits and quotas with them.',
          metrics.evictions,
          any,
        ),
        ...strain('Throttled', 'The store refuses commands for the moment.', metrics.throttled, any),
        ...strain(
          'ReplicaLag',
          'A replica of the store is over two seconds behind.',
          metrics.replicaLagSeconds,
          {
            threshold: 2,
            periods: 5,
          },
        ),
      ],
      suppressedBy: this.unavailable,
    });
  }
}
