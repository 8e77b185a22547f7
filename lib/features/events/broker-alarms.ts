import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import type { BrokerMetrics } from './broker-metrics.ts';

export interface BrokerAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: BrokerMetrics;
}

/** Of the brokers: that events cannot be written or read, and what announces it. */
export class BrokerAlarms extends Construct {
  /** Raised while the cluster has no head, or partitions without a leader; undefined where AWS tells neither. */
  readonly unavailable: IAlarm | undefined;

  constructor(scope: Construct, id: string, { topic, metrics }: BrokerAlarmsProps) {
    super(scope, id);
    const alarm = (
      name: string,
      runbook: string,
      description: string,
      metric: IMetric,
      bounds: Pick<GatewayAlarmProps, 'threshold' | 'periods' | 'when' | 'treatMissingData'>,
    ) => new GatewayAlarm(this, name, { ...bounds, runbook, description, metric }).alarm;

    const { activeControllers, offlinePartitions } = metrics;
    const down = [
      ...(activeControllers === undefined
        ? []
        : [
            alarm(
              'NoActiveController',
              'events/BrokersUnavailable',
              'The brokers have no controller.',
              activeControllers,
              {
                threshold: 1,
                when: 'under',
                periods: 3,
                treatMissingData: 'breaching',
              },
            ),
          ]),
      ...(offlinePartitions === undefined
        ? []
        : [
            alarm(
              'OfflinePartitions',
              'events/BrokersUnavailable',
              'Partitions have no leader.',
              offlinePartitions,
              {
                threshold: 0,
                periods: 2,
              },
            ),
          ]),
    ];
    if (down.length === 0) return;
    this.unavailable = new AlarmGroup(this, 'BrokersUnavailable', {
      topic,
      runbook: 'events/BrokersUnavailable',
      description: 'Events cannot be written or read: webhooks and the access log go to their queues.',
      alarms: down,
    }).alarm;
    const strain = (
      name: string,
      description: string,
      of: readonly IMetric[],
      threshold: number,
      periods: number,
    ) =>
      of.map((metric, index) =>
        alarm(`${name}${index + 1}`, 'events/BrokersNearCapacity', description, metric, {
          threshold,
          periods,
        }),
      );
    new AlarmGroup(this, 'BrokersNearCapacity', {
      topic,
      runbook: 'events/BrokersNearCapacity',
      description: 'The brokers come to their end, or one of them is missing.',
      alarms: [
        // MSK asks for 40 % to spare, for the day when a broker is gone.
        ...strain('CpuHigh', 'A broker computes at over 60 %.', metrics.cpuPercent, 60, 15),
        ...strain('DiskUsageHigh', 'A volume of a broker is over 80 % full.', metrics.diskPercent, 80, 5),
        // Half an hour: a broker that MSK patches is away for as long.
        ...strain('UnderReplicatedPartitions', 'Partitions lack replicas.', metrics.underReplicated, 0, 30),
      ],
      suppressedBy: this.unavailable,
    });
  }
}
