import { Duration } from 'aws-cdk-lib';
import {
  type IAlarm,
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget, type IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

const minutely = { period: Duration.minutes(1) };

/** Fewer calls in a minute tell nothing: one that fails of two is no outage. */
export const minCallsPerMinute = 20;

type StageMetric = (options?: MetricOptions) => Metric;

/** What the stages of HTTP APIs and of REST APIs tell alike. */
export interface StageMetrics {
  readonly metricCount: StageMetric;
  readonly metricClientError: StageMetric;
  readonly metricServerError: StageMetric;
  readonly metricLatency: StageMetric;
  readonly metricIntegrationLatency: StageMetric;
}

/** A whole door's, by the minute. */
export function gatewayMetrics(stage: StageMetrics) {
  const requests = stage.metricCount({ ...minutely, statistic: 'Sum', label: 'requests' });
  const clientErrors = stage.metricClientError({ ...minutely, statistic: 'Sum', label: '4xx' });
  const serverErrors = stage.metricServerError({ ...minutely, statistic: 'Sum', label: '5xx' });
  const latencyMs = (statistic: string) =>
    stage.metricLatency({ ...minutely, statistic, label: `gateway ${statistic}` });
  const integrationLatencyMs = (statistic: string) =>
    stage.metricIntegrationLatency({ ...minutely, statistic, label: `integration ${statistic}` });
  return {
    requests,
    clientErrors,
    serverErrors,
    latencyMs,
    integrationLatencyMs,
    /** Of an average call, what is not the service's: the decision and API Gateway itself. */
    gatewayOverheadMs: new MathExpression({
      ...minutely,
      label: 'gateway overhead',
      expression: 'latency - integration',
      usingMetrics: { latency: latencyMs('Average'), integration: integrationLatencyMs('Average') },
    }) as IMetric,
    /** 0 while there are too few calls. */
    serverErrorPercent: ifEnough({
      label: '5xx percent',
      expression: '100 * errors / requests',
      metrics: { requests, errors: serverErrors },
    }),
    /** 95 of 100 calls took no longer; 0 while there are too few. */
    p95Ms: ifEnough({ label: 'p95', expression: 'p95', metrics: { requests, p95: latencyMs('p95') } }),
    /** Part of the calls of a window that were answered 5xx. */
    failedPercent: (window: Duration, minimum: number) =>
      ifEnough({
        label: '5xx percent',
        expression: '100 * errors / requests',
        metrics: { requests, errors: serverErrors },
        period: window,
        minimum,
      }),
    /** Part of the calls of a window that took longer than `withinMs`. */
    slowPercent: (withinMs: number, window: Duration, minimum: number) =>
      ifEnough({
        label: `over ${withinMs} ms, percent`,
        expression: '100 - quick',
        metrics: { requests, quick: latencyMs(Stats.percentileRank(withinMs)) },
        period: window,
        minimum,
      }),
  };
}
export type GatewayMetrics = ReturnType<typeof gatewayMetrics>;

export function functionMetrics(lambda: IFunction) {
  return {
    invocations: lambda.metricInvocations({ ...minutely, label: 'invocations' }),
    errors: lambda.metricErrors({ ...minutely, label: 'errors' }),
    throttles: lambda.metricThrottles({ ...minutely, label: 'throttles' }),
    durationMs: (statistic: string) => lambda.metricDuration({ ...minutely, statistic, label: statistic }),
    concurrent: lambda.metric('ConcurrentExecutions', {
      ...minutely,
      statistic: 'Maximum',
      label: 'concurrent executions',
    }),
  };
}
export type FunctionMetrics = ReturnType<typeof functionMetrics>;

/** A service as it is watched: its target groups, one or two that take turns, and its tasks where they run here. */
export interface MonitoredService {
  readonly targetGroups: readonly IApplicationTargetGroup[];
  readonly service?: FargateService;
  /** The alarm on its 5xx by which its deployments know that they are bad; none where there are none. */
  readonly serverErrorAlarm?: IAlarm;
}

export function serviceMetrics({ service, targetGroups }: MonitoredService) {
  const worst = (metricOf: (group: IApplicationTargetGroup) => IMetric) => maxOf(targetGroups, metricOf);
  const tasks = (metricName: string, statistic: string) =>
    service === undefined
      ? undefined
      : new Metric({
          ...minutely,
          namespace: 'ECS/ContainerInsights',
          metricName,
          dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
          statistic,
        });
  const running = tasks('RunningTaskCount', 'Minimum');
  const desired = tasks('DesiredTaskCount', 'Minimum');
  const requests = targetGroups.map(({ metrics }) => metrics.requestCount(minutely));
  const errors = targetGroups.map(({ metrics }) =>
    metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, minutely),
  );
  const p95 = targetGroups.map(({ metrics }) =>
    metrics.targetResponseTime({ ...minutely, statistic: 'p95' }),
  );
  return {
    cpuPercent: service?.metricCpuUtilization({ ...minutely, label: 'CPU' }),
    memoryPercent: service?.metricMemoryUtilization({ ...minutely, label: 'memory' }),
    runningTasks: running,
    /** Tasks that should run and do not. */
    missingTasks:
      running === undefined || desired === undefined
        ? undefined
        : new MathExpression({
            ...minutely,
            label: 'missing tasks',
            expression: 'desired - running',
            usingMetrics: { desired, running },
          }),
    unhealthyTargets: worst(({ metrics }) =>
      metrics.unhealthyHostCount({ ...minutely, statistic: 'Maximum' }),
    ),
    responseSeconds: worst(({ metrics }) => metrics.targetResponseTime({ ...minutely, statistic: 'p95' })),
    /** Of the tasks' own making; 0 while there are too few calls. */
    serverErrorPercent: new MathExpression({
      ...minutely,
      label: '5xx percent',
      expression: `IF(${sumOf('requests', requests)} >= ${minCallsPerMinute}, 100 * ${sumOf('errors', errors)} / ${sumOf('requests', requests)}, 0)`,
      usingMetrics: { ...numbered('requests', requests), ...numbered('errors', errors) },
    }) as IMetric,
    /** 95 of 100 calls took no longer; 0 while there are too few. */
    p95Ms: new MathExpression({
      ...minutely,
      label: 'p95, ms',
      expression: `IF(${sumOf('requests', requests)} >= ${minCallsPerMinute}, 1000 * MAX([${p95.map((_, index) => `FILL(p${index}, 0)`).join(', ')}]), 0)`,
      usingMetrics: { ...numbered('requests', requests), ...numbered('p', p95) },
    }) as IMetric,
  };
}

function numbered(word: string, metrics: readonly IMetric[]): Record<string, IMetric> {
  return Object.fromEntries(metrics.map((metric, index) => [`${word}${index}`, metric]));
}

function sumOf(word: string, metrics: readonly IMetric[]): string {
  return `(${metrics.map((_, index) => `FILL(${word}${index}, 0)`).join(' + ')})`;
}

/** A figure that is 0 while there are fewer calls than `minimum` in a period. */
function ifEnough(of: {
  readonly label: string;
  readonly expression: string;
  readonly metrics: Readonly<Record<string, Metric>> & { readonly requests: Metric };
  /** @default a minute */
  readonly period?: Duration;
  /** @default minCallsPerMinute */
  readonly minimum?: number;
}): IMetric {
  const { label, expression, metrics, period = minutely.period, minimum = minCallsPerMinute } = of;
  return new MathExpression({
    period,
    label,
    expression: `IF(requests >= ${minimum}, ${expression}, 0)`,
    usingMetrics: Object.fromEntries(
      Object.entries(metrics).map(([name, metric]) => [name, metric.with({ period })]),
    ),
  });
}

/** The highest of the groups' metrics at each time; a group without traffic has none. */
function maxOf(
  groups: readonly IApplicationTargetGroup[],
  metricOf: (group: IApplicationTargetGroup) => IMetric,
): IMetric {
  const [only] = groups;
  if (only !== undefined && groups.length === 1) return metricOf(only);
  // A graph of several services has one name for each metric.
  const usingMetrics = Object.fromEntries(groups.map((group) => [`g${group.node.addr}`, metricOf(group)]));
  const filled = Object.keys(usingMetrics).map((name) => `FILL(${name}, 0)`);
  return new MathExpression({ ...minutely, expression: `MAX([${filled.join(', ')}])`, usingMetrics });
}

/** CloudFront reports from us-east-1, under the region "Global". */
export function edgeMetric(distributionId: string, metricName: string, statistic: string): Metric {
  return new Metric({
    ...minutely,
    namespace: 'AWS/CloudFront',
    metricName,
    statistic,
    dimensionsMap: { DistributionId: distributionId, Region: 'Global' },
    region: 'us-east-1',
  });
}
