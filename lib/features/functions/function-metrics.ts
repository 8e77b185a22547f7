import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

const perMinute = { period: Duration.minutes(1) };

/** Metrics of one Lambda function, per minute. */
export function functionMetrics(lambda: IFunction) {
  return {
    invocations: lambda.metricInvocations({ ...perMinute, label: 'invocations' }),
    errors: lambda.metricErrors({ ...perMinute, label: 'errors' }),
    throttles: lambda.metricThrottles({ ...perMinute, label: 'throttles' }),
    durationMs: (statistic: string) => lambda.metricDuration({ ...perMinute, statistic, label: statistic }),
    concurrent: lambda.metric('ConcurrentExecutions', {
      ...perMinute,
      statistic: 'Maximum',
      label: 'concurrent executions',
    }),
  };
}
export type FunctionMetrics = ReturnType<typeof functionMetrics>;
