import { Duration } from 'aws-cdk-lib';
import type { IHttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { HttpService } from './http-service.ts';

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

export function serviceMetrics({ service, targetGroup }: HttpService) {
  return {
    cpuPercent: service.metricCpuUtilization({ ...minutely, label: 'CPU' }),
    memoryPercent: service.metricMemoryUtilization({ ...minutely, label: 'memory' }),
    unhealthyTargets: targetGroup.metrics.unhealthyHostCount({ ...minutely, statistic: 'Maximum' }),
    answerSeconds: targetGroup.metrics.targetResponseTime({ ...minutely, statistic: 'p95' }),
  };
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
