import { metricsNamespace } from '../contracts/gateway-contract.ts';

/** Counts that share their dimensions. */
export interface MetricSet {
  /** Names of the fields that are dimensions; at most 30, and none of high cardinality. */
  readonly dimensions: readonly string[];
  /** By the metric's name. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * One log line that CloudWatch also reads as metrics, without a call and without an agent: the embedded
 * metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 *
 * @param fields Values of the dimensions, and further fields for Logs Insights.
 * @param now Milliseconds since the epoch.
 */
export function embeddedMetrics(
  sets: readonly MetricSet[],
  fields: Readonly<Record<string, string | number>>,
  now: number,
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: sets.map(({ dimensions, counts }) => ({
        Namespace: metricsNamespace,
        Dimensions: [dimensions],
        Metrics: Object.keys(counts).map((name) => ({ Name: name, Unit: 'Count' })),
      })),
    },
    ...fields,
    ...Object.assign({}, ...sets.map(({ counts }) => counts)),
  });
}
