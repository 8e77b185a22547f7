import { metricsNamespace } from '../../../runtime/contracts/gateway-contract.ts';

/** Metrics of the service's requests, for CloudWatch. */
export interface RequestMetrics {
  readonly record: (status: number, milliseconds: number) => void;
  /** Writes the values that are not written yet. */
  readonly flush: () => void;
}

export interface RequestMetricsPorts {
  readonly environment: string;
  readonly service: string;
  readonly writeLine: (line: string) => void;
  readonly nowMs: () => number;
}

/** The maximum of values per metric in one line. */
const maxValues = 100;

/**
 * Writes log lines that CloudWatch reads as metrics, in the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * `RequestMilliseconds` gives count and percentiles, `FailedRequests` the responses with status 500 and above.
 */
export function createRequestMetrics(ports: RequestMetricsPorts): RequestMetrics {
  const { environment, service, writeLine, nowMs } = ports;
  let durations: number[] = [];
  let failed = 0;
  const flush = () => {
    if (durations.length === 0) return;
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
      RequestMilliseconds: durations,
      FailedRequests: failed,
    };
    writeLine(`${JSON.stringify(line)}\n`);
    durations = [];
    failed = 0;
  };
  return {
    flush,
    record(status, milliseconds) {
      durations.push(milliseconds);
      if (status >= 500) failed += 1;
      if (durations.length === maxValues) flush();
    },
  };
}
