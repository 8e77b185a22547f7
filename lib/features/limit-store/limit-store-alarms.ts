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
  /** Metrics of the cache; undefined for a cache that the application does not create. */
  readonly metrics: LimitStoreMetrics | undefined;
}

/** Alarms of the limit store: no response, and figures that warn before that. */
export class LimitStoreAlarms extends Construct {
  /** Raised while the authorizer gets no response from the limit store. */
  readonly unavailable: IAlarm;

  constructor(scope: Construct, id: string, { topic, environmentName, metrics }: LimitStoreAlarmsProps) {
    super(scope, id);
    this.unavailable = new GatewayAlarm(this, 'LimitStoreUnavailable', {
      topic,
      runbook: 'limit-store/LimitStoreUnavailable',
      firstLook: `logs auth --since 15m --filter '{ $.level = "warn" }'`,
      description:
        'The limit store does not respond. Each authorizer instance applies local limits; routes with onLimitStoreFailure "closed" answer 503.',
      metric: decisionMetrics(environmentName).storeFailures,
      threshold: 10,
      periods: 3,
    }).alarm;
    if (metrics === undefined) return;
    const nearCapacity = (
      name: string,
      description: string,
      of: readonly IMetric[],
      bounds: Pick<GatewayAlarmProps, 'threshold' | 'periods'>,
    ) =>
      of.map(
        (metric, index) =>
          new GatewayAlarm(this, `${name}${index + 1}`, {
            ...bounds,
            name: `LimitStore${name}${index + 1}`,
            runbook: 'limit-store/LimitStoreNearCapacity',
            description,
            metric,
          }).alarm,
      );
    const over80Percent = { threshold: 80, periods: 5 };
    const any = { threshold: 0, periods: 3 };
    new AlarmGroup(this, 'LimitStoreNearCapacity', {
      topic,
      runbook: 'limit-store/LimitStoreNearCapacity',
      description:
        'The limit store nears a limit: CPU, memory, connections, evictions, throttling or replica lag. It still responds.',
      alarms: [
        ...nearCapacity(
          'CpuHigh',
          'The limit store uses over 80 % of its maximum ECPU or CPU. At 100 % it throttles commands.',
          metrics.cpuUsedPercent,
          over80Percent,
        ),
        ...nearCapacity(
          'MemoryHigh',
          'The limit store uses over 80 % of its maximum memory. At 100 % it evicts keys.',
          metrics.memoryUsedPercent,
          over80Percent,
        ),
        ...nearCapacity(
          'ConnectionsHigh',
          'The limit store has over 80 % of its maximum connections. At 100 % it refuses new ones.',
          metrics.connectionsPercent,
          over80Percent,
        ),
        ...nearCapacity(
          'Evictions',
          'The limit store evicts keys. Limits, revocations and circuit breaker states are lost.',
          metrics.evictions,
          any,
        ),
        ...nearCapacity(
          'Throttled',
          'The limit store throttles commands. The authorizer decides without it.',
          metrics.throttled,
          any,
        ),
        ...nearCapacity(
          'ReplicaLag',
          'A replica of the limit store is more than two seconds behind. A failover loses those counts.',
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
