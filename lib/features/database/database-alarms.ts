import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import type { DatabaseMetrics } from './database-metrics.ts';

export interface DatabaseAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: DatabaseMetrics;
  /** Aurora capacity units that an instance may have at most. */
  readonly maxAcu: number;
}

/**
 * Connections that PostgreSQL takes of an Aurora Serverless instance: by its most memory, 2 GiB a unit, at 9 531 392
 * bytes a connection, and 5 000 at most (Aurora guide, "Maximum connections for Aurora Serverless v2").
 */
function maxConnections(maxAcu: number): number {
  return Math.min(5_000, Math.floor((maxAcu * 2 * 1_073_741_824) / 9_531_392));
}

/** Of the database of orders and payments: that it is away, and what announces it. */
export class DatabaseAlarms extends Construct {
  /** Raised while no writer tells of itself. */
  readonly unavailable: IAlarm;

  constructor(scope: Construct, id: string, { topic, metrics, maxAcu }: DatabaseAlarmsProps) {
    super(scope, id);
    this.unavailable = new GatewayAlarm(this, 'DatabaseUnavailable', {
      topic,
      runbook: 'database/DatabaseUnavailable',
      description: 'The database has had no writer for three minutes: orders and payments stand still.',
      metric: metrics.writerReports,
      threshold: 1,
      when: 'under',
      periods: 3,
      treatMissingData: 'breaching',
    }).alarm;
    const strain = (
      name: string,
      description: string,
      metric: IMetric,
      bounds: Pick<GatewayAlarmProps, 'threshold' | 'periods' | 'when'>,
    ) =>
      new GatewayAlarm(this, name, {
        ...bounds,
        runbook: 'database/DatabaseNearCapacity',
        description,
        metric,
      }).alarm;
    const connections = Math.floor(maxConnections(maxAcu) * 0.8);
    new AlarmGroup(this, 'DatabaseNearCapacity', {
      topic,
      runbook: 'database/DatabaseNearCapacity',
      description: 'The database comes to its end, and has not failed yet.',
      alarms: [
        strain('CpuHigh', 'The processors of an instance are at over 90 %.', metrics.cpuPercent, {
          threshold: 90,
          periods: 10,
        }),
        strain(
          'CapacityHigh',
          'An instance has over 90 % of the most capacity that it may have.',
          metrics.capacityPercent,
          {
            threshold: 90,
            periods: 10,
          },
        ),
        strain(
          'ConnectionsHigh',
          'Over 80 % of the connections that an instance takes.',
          metrics.connections,
          {
            threshold: connections,
            periods: 5,
          },
        ),
        strain('MemoryLow', 'An instance has less than 128 MiB of memory left.', metrics.freeableBytes, {
          threshold: 128 * 1_048_576,
          when: 'under',
          periods: 5,
        }),
        strain('ReplicaLag', 'A reader is over a second behind the writer.', metrics.replicaLagMs, {
          threshold: 1_000,
          periods: 5,
        }),
        strain('Deadlocks', 'Transactions lock each other out, minute by minute.', metrics.deadlocks, {
          threshold: 0,
          periods: 5,
        }),
      ],
      suppressedBy: this.unavailable,
    });
  }
}
