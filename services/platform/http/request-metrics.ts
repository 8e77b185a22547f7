import { metricsNamespace } from '../../../runtime/contracts/gateway-contract.ts';

/** What the service's requests took, for CloudWatch. */
export interface RequestMetrics {
  readonly record: (status: number, milliseconds: number) => void;
  /** Writes what is not written yet. */
  readonly flush: () => void;
}

export interface RequestMetricsPorts {
  readonly environment: string;
  readonly service: string;
  readonly writeLine: (line: string) => void;
  readonly nowMs: () => number;
}

/** As many values as one line may have of a metric. */
const maxValues = 100;

/**
 * Lines of log that CloudWatch reads as metrics, whoever brings them there: the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * `RequestMilliseconds` gives count and percentiles, `FailedRequests` the answers of 500 and above among them.
 */
export function createRequestMetrics(ports: RequestMetricsPorts): RequestMetrics {
  const { environment, service, writeLine, nowMs } = ports;
  let took: number[] = [];
  let failed = 0;
  const flush = () => {
    if (took.length === 0) return;
    const line = {
      _aws: {
        Timestamp: nowMs(),
        CloudWatchMetrics: [
          {
            Namespace: metricsNamespace,
            Dimensions: [['environment', 'service']],
            Metrics: [
              { Name: 'RequestMilliseconds', Unit: 'Milliseconds' },
              { Name: 'FailedRequests', Unit: 'Count' },
            ],
          },
        ],
      },
      environment,
      service,
      RequestMilliseconds: took,
      FailedRequests: failed,
    };
    writeLine(`${JSON.stringify(line)}\n`);
    took = [];
    failed = 0;
  };
  return {
    flush,
    record(status, milliseconds) {
      took.push(milliseconds);
      if (status >= 500) failed += 1;
      if (took.length === maxValues) flush();
    },
  };
}
