import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Aurora's own figures of a cluster, over all its instances or by role ("Amazon CloudWatch metrics for Amazon Aurora").
 *
 * @param clusterIdentifier name of the cluster.
 * @param isGlobal whether it is one of a global database, whose writer may be in another region.
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
    /** Reported by a writer that is there, or by any instance where it may be elsewhere: none is the sign that there is none. */
    writerReports: isGlobal
      ? metric('CPUUtilization', 'SampleCount', 'instances report')
      : metric('CPUUtilization', 'SampleCount', 'writer reports', 'WRITER'),
    cpuPercent: metric('CPUUtilization', 'Maximum', 'CPU'),
    /** Of the most capacity units that an instance may have. */
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
