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

/** Alarms of the MSK cluster: events cannot be written or read, and figures that warn before that. */
export class BrokerAlarms extends Construct {
  /** Raised while the cluster has no active controller or offline partitions; undefined for MSK Serverless, which reports neither. */
  readonly unavailable: IAlarm | undefined;

  constructor(scope: Construct, id: string, { topic, metrics }: BrokerAlarmsProps) {
    super(scope, id);
    const alarm = (
      name: string,
      runbook: string,
      description: string,
      metric: IMetric,
      bounds: Pick<GatewayAlarmProps, 'threshold' | 'periods' | 'when' | 'treatMissingData'>,
    ) =>
      new GatewayAlarm(this, name, { ...bounds, name: `Brokers${name}`, runbook, description, metric }).alarm;

    const { activeControllers, offlinePartitions } = metrics;
    const down = [
      ...(activeControllers === undefined
        ? []
        : [
            alarm(
              'NoActiveController',
              'events/BrokersUnavailable',
              'The MSK cluster has no active controller. Events cannot be written.',
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
              'Partitions have no leader. Their events cannot be written or read.',
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
      description:
        'Events cannot be written or read. Webhooks and the access log wait in SQS queues, services keep events in their outbox. Callers see no errors.',
      alarms: down,
    }).alarm;
    const nearCapacity = (
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
      description:
        'The MSK brokers near a limit (CPU or disk), or a replica is missing. Events are still written and read.',
      alarms: [
        // MSK recommends to keep 40 % of CPU free for the loss of a broker.
        ...nearCapacity(
          'CpuHigh',
          'CPU utilization of a broker is over 60 %. The loss of another broker would overload it.',
          metrics.cpuPercent,
          60,
          15,
        ),
        ...nearCapacity(
          'DiskUsageHigh',
          'A data volume of a broker is over 80 % full. A full volume stops the broker.',
          metrics.diskPercent,
          80,
          5,
        ),
        // Half an hour: MSK takes a broker that it patches offline for that long.
        ...nearCapacity(
          'UnderReplicatedPartitions',
          'Partitions are under-replicated for half an hour. The loss of another broker may stop writes.',
          metrics.underReplicated,
          0,
          30,
        ),
      ],
      suppressedBy: this.unavailable,
    });
  }
}
