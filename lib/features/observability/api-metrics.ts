import { Duration } from 'aws-cdk-lib';
import {
  type IMetric,
  MathExpression,
  type Metric,
  type MetricOptions,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';

const perMinute = { period: Duration.minutes(1) };

/** Minimum calls per minute of an error rate or a percentile: with fewer calls, one failure does not mean an outage. */
export const minCallsPerMinute = 20;

type StageMetric = (options?: MetricOptions) => Metric;

/** Metrics that the stages of HTTP APIs and of REST APIs have in common. */
export interface StageMetrics {
  readonly metricCount: StageMetric;
  readonly metricClientError: StageMetric;
  readonly metricServerError: StageMetric;
  readonly metricLatency: StageMetric;
  readonly metricIntegrationLatency: StageMetric;
}

/** Metrics of a whole API, per minute. */
export function apiMetrics(stage: StageMetrics) {
  const requests = stage.metricCount({ ...perMinute, statistic: 'Sum', label: 'requests' });
  const clientErrors = stage.metricClientError({ ...perMinute, statistic: 'Sum', label: '4xx' });
  const serverErrors = stage.metricServerError({ ...perMinute, statistic: 'Sum', label: '5xx' });
  const latencyMs = (statistic: string) =>
    stage.metricLatency({ ...perMinute, statistic, label: `gateway ${statistic}` });
  const integrationLatencyMs = (statistic: string) =>
    stage.metricIntegrationLatency({ ...perMinute, statistic, label: `integration ${statistic}` });
  /** Percentage of the calls in a window that end in 5xx; 0 with fewer calls than `minimum`. */
  const failedPercent = (window: Duration, minimum: number) =>
    zeroBelowMinimum({
      label: '5xx percent',
      expression: '100 * errors / requests',
      metrics: { requests, errors: serverErrors },
      period: window,
      minimum,
    });
  return {
    requests,
    clientErrors,
    serverErrors,
    latencyMs,
    integrationLatencyMs,
    /** Average time per call in the authorizer and in API Gateway, without the service. */
    gatewayOverheadMs: new MathExpression({
      ...perMinute,
      label: 'gateway overhead',
      expression: 'latency - integration',
      usingMetrics: { latency: latencyMs('Average'), integration: integrationLatencyMs('Average') },
    }) as IMetric,
    failedPercent,
    serverErrorPercent: failedPercent(perMinute.period, minCallsPerMinute),
    /** 95th percentile of the latency; 0 with fewer calls than `minCallsPerMinute`. */
    p95Ms: zeroBelowMinimum({
      label: 'p95',
      expression: 'p95',
      metrics: { requests, p95: latencyMs('p95') },
      period: perMinute.period,
      minimum: minCallsPerMinute,
    }),
    /** Percentage of the calls in a window that take longer than `withinMs`; 0 with fewer calls than `minimum`. */
    slowPercent: (withinMs: number, window: Duration, minimum: number) =>
      zeroBelowMinimum({
        label: `over ${withinMs} ms, percent`,
        expression: '100 - quick',
        metrics: { requests, quick: latencyMs(Stats.percentileRank(withinMs)) },
        period: window,
        minimum,
      }),
  };
}
export type ApiMetrics = ReturnType<typeof apiMetrics>;

/** An expression that is 0 in a period with fewer calls than `minimum`. */
function zeroBelowMinimum({
  label,
  expression,
  metrics,
  period,
  minimum,
}: {
  readonly label: string;
  readonly expression: string;
  readonly metrics: Readonly<Record<string, Metric>> & { readonly requests: Metric };
  readonly period: Duration;
  readonly minimum: number;
}): IMetric {
  return new MathExpression({
    period,
    label,
    expression: `IF(requests >= ${minimum}, ${expression}, 0)`,
    usingMetrics: Object.fromEntries(
      Object.entries(metrics).map(([name, metric]) => [name, metric.with({ period })]),
    ),
  });
}
