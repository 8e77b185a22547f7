import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace } from '../../../runtime/contracts/gateway-contract.ts';

export interface GatewayMetricOptions {
  readonly label: string;
  /** Dimensions in addition to the environment. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  /** @default 'Sum' */
  readonly statistic?: string | undefined;
  /** @default a minute */
  readonly period?: Duration;
}

/** A metric that the gateway's functions publish for an environment, in the gateway's namespace. */
export function gatewayMetric(
  environment: string,
  metricName: string,
  { label, dimensions = {}, statistic = 'Sum', period = Duration.minutes(1) }: GatewayMetricOptions,
): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName,
    dimensionsMap: { environment, ...dimensions },
    statistic,
    period,
    label,
  });
}
