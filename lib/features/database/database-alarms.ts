import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import type { DatabaseMetrics } from './database-metrics.ts';

export interface DatabaseAlarmsProps {
  readonly topic: ITopic;
  readonly metrics: DatabaseMetrics;
  /** Maximum Aurora capacity units of an instance. */
  readonly maxAcu: number;
}

/**
 * `max_connections` of an Aurora Serverless v2 instance: its maximum memory, 2 GiB per capacity unit, divided by
 * 9,531,392 bytes, and 5,000 at most (Aurora user guide, "Maximum connections for Aurora Serverless v2").
 */
function maxConnections(maxAcu: number): number {
  return Math.min(5_000, Math.floor((maxAcu * 2 * 1_073_741_824) / 9_531_392));
}

/** Alarms of the Aurora database: no writer, and figures that warn before it fails. */
export class DatabaseAlarms extends Construct {
  /** Raised while no writer reports metrics. */
  readonly unavailable: IAlarm;

  constructor(scope: Construct, id: string, { topic, metrics, maxAcu }: DatabaseAlarmsProps) {
    super(scope, id);
    this.unavailable = new GatewayAlarm(this, 'DatabaseUnavailable', {
      topic,
      runbook: 'database/DatabaseUnavailable',
      description: 'The database has had no writer for three minutes. Orders, payments and carts answer 503.',
      metric: metrics.writerReports,
      threshold: 1,
      when: 'under',
      periods: 3,
      treatMissingData: 'breaching',
    }).alarm;
    const runbook = 'database/DatabaseNearCapacity';
    new AlarmGroup(this, 'DatabaseNearCapacity', {
      topic,
      runbook,
      description:
        'The database nears a limit: CPU, capacity, connections, memory, replica lag or deadlocks. It still answers; ' +
        'queries may be slow.',
      alarms: Object.entries(capacityAlarms(metrics, maxAcu)).map(
        ([name, alarm]) => new GatewayAlarm(this, name, { ...alarm, name: `Database${name}`, runbook }).alarm,
      ),
      suppressedBy: this.unavailable,
    });
  }
}

/** By name: what warns before the database fails. */
function capacityAlarms(
  metrics: DatabaseMetrics,
  maxAcu: number,
): Readonly<Record<string, Omit<GatewayAlarmProps, 'runbook'>>> {
  return {
    CpuHigh: {
      description: 'CPU utilization of a database instance is over 90 %. Queries become slow.',
      metric: metrics.cpuPercent,
      threshold: 90,
      periods: 10,
    },
    CapacityHigh: {
      description:
        'A database instance uses over 90 % of its maximum capacity (maxAcu). It cannot scale further.',
      metric: metrics.capacityPercent,
      threshold: 90,
      periods: 10,
    },
    ConnectionsHigh: {
      description:
        'A database instance has over 80 % of its maximum connections. New connections fail at 100 %.',
      metric: metrics.connections,
      threshold: Math.floor(maxConnections(maxAcu) * 0.8),
      periods: 5,
    },
    MemoryLow: {
      description: 'A database instance has less than 128 MiB of free memory. It may restart.',
      metric: metrics.freeableBytes,
      threshold: 128 * 1_048_576,
      when: 'under',
      periods: 5,
    },
    ReplicaLag: {
      description: 'A reader is more than one second behind the writer. A failover to it takes longer.',
      metric: metrics.replicaLagMs,
      threshold: 1_000,
      periods: 5,
    },
    Deadlocks: {
      description: 'Deadlocks occur every minute. Some transactions are rolled back and retried.',
      metric: metrics.deadlocks,
      threshold: 0,
      periods: 5,
    },
  };
}
