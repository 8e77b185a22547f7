import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import type { BrokerMetrics } from './broker-metrics.ts';

export interface BrokerAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: BrokerMetrics;
}

const unavailable = 'events/BrokersUnavailable';
const nearCapacity = 'events/BrokersNearCapacity';

/** Alarms of the MSK cluster: events cannot be written or read, and figures that warn before that. */
export class BrokerAlarms extends Construct {
  /**
   * Raised while the cluster has no active controller or has offline partitions; undefined for MSK Serverless, which
   * reports neither.
   */
  readonly unavailable: IAlarm | undefined;

  constructor(scope: Construct, id: string, { topic, metrics }: BrokerAlarmsProps) {
    super(scope, id);
    const outages = this.#outageAlarms(metrics);
    if (outages.length === 0) return;
    this.unavailable = new AlarmGroup(this, 'BrokersUnavailable', {
      topic,
      runbook: unavailable,
      description:
        'Events cannot be written or read. Webhooks and the access log wait in SQS queues, services keep events in ' +
        'their outbox. Callers see no errors.',
      alarms: outages,
    }).alarm;
    new AlarmGroup(this, 'BrokersNearCapacity', {
      topic,
      runbook: nearCapacity,
      description:
        'The MSK brokers near a limit (CPU or disk), or a replica is missing. Events are still written and read.',
      alarms: this.#capacityAlarms(metrics),
      suppressedBy: this.unavailable,
    });
  }

  #outageAlarms({ activeControllers, offlinePartitions }: BrokerMetrics): IAlarm[] {
    const alarms: IAlarm[] = [];
    if (activeControllers !== undefined) {
      alarms.push(
        this.#alarm('NoActiveController', {
          runbook: unavailable,
          description: 'The MSK cluster has no active controller. Events cannot be written.',
          metric: activeControllers,
          threshold: 1,
          when: 'under',
          periods: 3,
          treatMissingData: 'breaching',
        }),
      );
    }
    if (offlinePartitions !== undefined) {
      alarms.push(
        this.#alarm('OfflinePartitions', {
          runbook: unavailable,
          description: 'Partitions have no leader. Their events cannot be written or read.',
          metric: offlinePartitions,
          threshold: 0,
          periods: 2,
        }),
      );
    }
    return alarms;
  }

  #capacityAlarms({ cpuPercent, diskPercent, underReplicated }: BrokerMetrics): IAlarm[] {
    const alarms = [
      ...cpuPercent.map((metric, index) => ({
        name: `CpuHigh${index + 1}`,
        description:
          'CPU utilization of a broker is over 60 %. The loss of another broker would overload it.',
        metric,
        // MSK recommends to keep 40 % of CPU free for the loss of a broker.
        threshold: 60,
        periods: 15,
      })),
      ...diskPercent.map((metric, index) => ({
        name: `DiskUsageHigh${index + 1}`,
        description: 'A data volume of a broker is over 80 % full. A full volume stops the broker.',
        metric,
        threshold: 80,
        periods: 5,
      })),
      ...underReplicated.map((metric, index) => ({
        name: `UnderReplicatedPartitions${index + 1}`,
        description:
          'Partitions are under-replicated for half an hour. The loss of another broker may stop writes.',
        metric,
        threshold: 0,
        // MSK takes a broker offline for half an hour when it applies a patch.
        periods: 30,
      })),
    ];
    return alarms.map(({ name, ...alarm }) => this.#alarm(name, { ...alarm, runbook: nearCapacity }));
  }

  #alarm(id: string, props: GatewayAlarmProps): IAlarm {
    return new GatewayAlarm(this, id, { ...props, name: `Brokers${id}` }).alarm;
  }
}
