import { Duration } from 'aws-cdk-lib';
import type { IHttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

const minutely = { period: Duration.minutes(1) };

/** The whole API's, by the minute. */
export function gatewayMetrics(stage: IHttpStage) {
  const requests = stage.metricCount({ ...minutely, label: 'requests' });
  const clientErrors = stage.metricClientError({ ...minutely, label: '4xx' });
  const serverErrors = stage.metricServerError({ ...minutely, label: '5xx' });
  return {
    requests,
    clientErrors,
    serverErrors,
    latencyMs: (statistic: string) =>
      stage.metricLatency({ ...minutely, statistic, label: `gateway ${statistic}` }),
    integrationLatencyMs: (statistic: string) =>
      stage.metricIntegrationLatency({ ...minutely, statistic, label: `integration ${statistic}` }),
    /** 0 while there are fewer requests than `minimum`, because one failed call of two is no outage. */
    serverErrorPercent: (minimum: number): IMetric =>
      new MathExpression({
        ...minutely,
        label: '5xx percent',
        expression: `IF(requests >= ${minimum}, 100 * errors / requests, 0)`,
        usingMetrics: { requests, errors: serverErrors },
      }),
  };
}
export type GatewayMetrics = ReturnType<typeof gatewayMetrics>;

export function functionMetrics(lambda: IFunction) {
  return {
    invocations: lambda.metricInvocations({ ...minutely, label: 'calls' }),
    errors: lambda.metricErrors({ ...minutely, label: 'errors' }),
    throttles: lambda.metricThrottles({ ...minutely, label: 'throttles' }),
    durationMs: (statistic: string) => lambda.metricDuration({ ...minutely, statistic, label: statistic }),
  };
}
export type FunctionMetrics = ReturnType<typeof functionMetrics>;

/** A service as it is watched: its target groups, one or two that take turns, and its tasks where they run here. */
export interface MonitoredService {
  readonly targetGroups: readonly IApplicationTargetGroup[];
  readonly service?: FargateService;
}

export function serviceMetrics({ service, targetGroups }: MonitoredService) {
  const worst = (metricOf: (group: IApplicationTargetGroup) => IMetric) => worstOf(targetGroups, metricOf);
  return {
    cpuPercent: service?.metricCpuUtilization({ ...minutely, label: 'CPU' }),
    memoryPercent: service?.metricMemoryUtilization({ ...minutely, label: 'memory' }),
    unhealthyTargets: worst(({ metrics }) =>
      metrics.unhealthyHostCount({ ...minutely, statistic: 'Maximum' }),
    ),
    answerSeconds: worst(({ metrics }) => metrics.targetResponseTime({ ...minutely, statistic: 'p95' })),
  };
}

/** The highest of the groups' metrics at each time; a group without traffic has none. */
function worstOf(
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
