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
    const alarm = (runbook: string, { id: name, ...settings }: BrokerAlarm): IAlarm =>
      new GatewayAlarm(this, name, { ...settings, name: `Brokers${name}`, runbook }).alarm;

    const unavailable = unavailableAlarms(metrics);
    if (unavailable.length === 0) return;
    this.unavailable = new AlarmGroup(this, 'BrokersUnavailable', {
      topic,
      runbook: 'events/BrokersUnavailable',
      description:
        'Events cannot be written or read. Webhooks and the access log wait in SQS queues, services keep events in their outbox. Callers see no errors.',
      alarms: unavailable.map((settings) => alarm('events/BrokersUnavailable', settings)),
    }).alarm;
    new AlarmGroup(this, 'BrokersNearCapacity', {
      topic,
      runbook: 'events/BrokersNearCapacity',
      description:
        'The MSK brokers near a limit (CPU or disk), or a replica is missing. Events are still written and read.',
      alarms: nearCapacityAlarms(metrics).map((settings) => alarm('events/BrokersNearCapacity', settings)),
      suppressedBy: this.unavailable,
    });
  }
}

type BrokerAlarm = Omit<GatewayAlarmProps, 'name' | 'topic' | 'runbook'> & { readonly id: string };

/** Empty for MSK Serverless. */
function unavailableAlarms({ activeControllers, offlinePartitions }: BrokerMetrics): BrokerAlarm[] {
  const alarms: BrokerAlarm[] = [];
  if (activeControllers !== undefined) {
    alarms.push({
      id: 'NoActiveController',
      description: 'The MSK cluster has no active controller. Events cannot be written.',
      metric: activeControllers,
      threshold: 1,
      when: 'under',
      periods: 3,
      treatMissingData: 'breaching',
    });
  }
  if (offlinePartitions !== undefined) {
    alarms.push({
      id: 'OfflinePartitions',
      description: 'Partitions have no leader. Their events cannot be written or read.',
      metric: offlinePartitions,
      threshold: 0,
      periods: 2,
    });
  }
  return alarms;
}

function nearCapacityAlarms(metrics: BrokerMetrics): BrokerAlarm[] {
  return [
    ...numberedAlarms(metrics.cpuPercent, {
      id: 'CpuHigh',
      description: 'CPU utilization of a broker is over 60 %. The loss of another broker would overload it.',
      // MSK recommends to keep 40 % of CPU free for the loss of a broker.
      threshold: 60,
      periods: 15,
    }),
    ...numberedAlarms(metrics.diskPercent, {
      id: 'DiskUsageHigh',
      description: 'A data volume of a broker is over 80 % full. A full volume stops the broker.',
      threshold: 80,
      periods: 5,
    }),
    ...numberedAlarms(metrics.underReplicated, {
      id: 'UnderReplicatedPartitions',
      description:
        'Partitions are under-replicated for half an hour. The loss of another broker may stop writes.',
      threshold: 0,
      // Half an hour: MSK takes a broker that it patches offline for that long.
      periods: 30,
    }),
  ];
}

/** One alarm per metric; the number of the metric ends the id. */
function numberedAlarms(
  metrics: readonly IMetric[],
  { id, ...settings }: Omit<BrokerAlarm, 'metric'>,
): BrokerAlarm[] {
  return metrics.map((metric, index) => ({ ...settings, id: `${id}${index + 1}`, metric }));
}
