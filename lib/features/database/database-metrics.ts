import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Metrics of an Aurora cluster, over all instances or by role ("Amazon CloudWatch metrics for Amazon Aurora").
 *
 * @param clusterIdentifier name of the cluster
 * @param isGlobal whether the cluster is part of a global database, whose writer may be in another region
 */
export function databaseMetrics(clusterIdentifier: string, isGlobal = false) {
  const metric = (metricName: string, statistic: string, label: string, role?: 'WRITER' | 'READER') =>
    new Metric({
      period: Duration.minutes(1),
      namespace: 'AWS/RDS',
      metricName,
      dimensionsMap: {
        DBClusterIdentifier: clusterIdentifier,
        ...(role === undefined ? {} : { Role: role }),
      },
      statistic,
      label,
    });
  return {
    /** Data points of the writer, or of any instance in a global database. Missing data means that the writer is missing. */
    writerReports: isGlobal
      ? metric('CPUUtilization', 'SampleCount', 'instances report')
      : metric('CPUUtilization', 'SampleCount', 'writer reports', 'WRITER'),
    cpuPercent: metric('CPUUtilization', 'Maximum', 'CPU'),
    /** Percentage of the maximum capacity units of an instance. */
    capacityPercent: metric('ACUUtilization', 'Maximum', 'capacity used'),
    capacityUnits: metric('ServerlessDatabaseCapacity', 'Maximum', 'ACU'),
    connections: metric('DatabaseConnections', 'Maximum', 'connections'),
    freeableBytes: metric('FreeableMemory', 'Minimum', 'memory left'),
    replicaLagMs: metric('AuroraReplicaLagMaximum', 'Maximum', 'replica lag'),
    deadlocks: metric('Deadlocks', 'Sum', 'deadlocks'),
    commitMs: metric('CommitLatency', 'Average', 'commit'),
  };
}
export type DatabaseMetrics = ReturnType<typeof databaseMetrics>;
