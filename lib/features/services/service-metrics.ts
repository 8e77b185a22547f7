import { Duration } from 'aws-cdk-lib';
import { type IAlarm, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget, type IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { minCallsPerMinute } from '../observability/api-metrics.ts';

const perMinute = { period: Duration.minutes(1) };

/** What the alarms and the dashboard need of a deployment: one target group, or two for blue/green, and the ECS service. */
export interface MonitoredService {
  readonly targetGroups: readonly IApplicationTargetGroup[];
  /** Undefined for a service whose targets are IP addresses. */
  readonly service?: FargateService;
  /** The 5xx alarm that rolls its deployments back; undefined for a service that is not deployed here. */
  readonly serverErrorAlarm?: IAlarm;
}

/** Metrics of one deployment, per minute. */
export function serviceMetrics({ service, targetGroups }: MonitoredService) {
  const maximum = (metricOf: (group: IApplicationTargetGroup) => IMetric) => maxOf(targetGroups, metricOf);
  const tasks = (metricName: string, statistic: string) =>
    service === undefined
      ? undefined
      : new Metric({
          ...perMinute,
          namespace: 'ECS/ContainerInsights',
          metricName,
          dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
          statistic,
        });
  const running = tasks('RunningTaskCount', 'Minimum');
  const desired = tasks('DesiredTaskCount', 'Minimum');
  const requests = targetGroups.map(({ metrics }) => metrics.requestCount(perMinute));
  const errors = targetGroups.map(({ metrics }) =>
    metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, perMinute),
  );
  const p95 = targetGroups.map(({ metrics }) =>
    metrics.targetResponseTime({ ...perMinute, statistic: 'p95' }),
  );
  return {
    cpuPercent: service?.metricCpuUtilization({ ...perMinute, label: 'CPU' }),
    memoryPercent: service?.metricMemoryUtilization({ ...perMinute, label: 'memory' }),
    runningTasks: running,
    /** Desired tasks minus running tasks. */
    missingTasks:
      running === undefined || desired === undefined
        ? undefined
        : new MathExpression({
            ...perMinute,
            label: 'missing tasks',
            expression: 'desired - running',
            usingMetrics: { desired, running },
          }),
    unhealthyTargets: maximum(({ metrics }) =>
      metrics.unhealthyHostCount({ ...perMinute, statistic: 'Maximum' }),
    ),
    responseSeconds: maximum(({ metrics }) => metrics.targetResponseTime({ ...perMinute, statistic: 'p95' })),
    /** Percentage of the requests that the tasks answer with 5xx; 0 with fewer requests than `minCallsPerMinute`. */
    serverErrorPercent: new MathExpression({
      ...perMinute,
      label: '5xx percent',
      expression: `IF(${sumOf('requests', requests)} >= ${minCallsPerMinute}, 100 * ${sumOf('errors', errors)} / ${sumOf('requests', requests)}, 0)`,
      usingMetrics: { ...numbered('requests', requests), ...numbered('errors', errors) },
    }) as IMetric,
    /** 95th percentile of the response time; 0 with fewer requests than `minCallsPerMinute`. */
    p95Ms: new MathExpression({
      ...perMinute,
      label: 'p95, ms',
      expression: `IF(${sumOf('requests', requests)} >= ${minCallsPerMinute}, 1000 * MAX([${p95.map((_, index) => `FILL(p${index}, 0)`).join(', ')}]), 0)`,
      usingMetrics: { ...numbered('requests', requests), ...numbered('p', p95) },
    }) as IMetric,
  };
}

function numbered(prefix: string, metrics: readonly IMetric[]): Record<string, IMetric> {
  return Object.fromEntries(metrics.map((metric, index) => [`${prefix}${index}`, metric]));
}

function sumOf(prefix: string, metrics: readonly IMetric[]): string {
  return `(${metrics.map((_, index) => `FILL(${prefix}${index}, 0)`).join(' + ')})`;
}

/** Maximum over the target groups at each time. A group without traffic has no data. */
function maxOf(
  groups: readonly IApplicationTargetGroup[],
  metricOf: (group: IApplicationTargetGroup) => IMetric,
): IMetric {
  const [only] = groups;
  if (only !== undefined && groups.length === 1) return metricOf(only);
  // The ids of all metrics in one graph must differ: they contain the address of the target group.
  const usingMetrics = Object.fromEntries(groups.map((group) => [`g${group.node.addr}`, metricOf(group)]));
  const filled = Object.keys(usingMetrics).map((name) => `FILL(${name}, 0)`);
  return new MathExpression({ ...perMinute, expression: `MAX([${filled.join(', ')}])`, usingMetrics });
}
