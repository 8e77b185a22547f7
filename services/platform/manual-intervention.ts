import { metricsNamespace } from '../../runtime/contracts/gateway-contract.ts';
import type { Log } from './log.ts';

/** Reports that an operator must act: logs an error, and increments the metric that an alarm watches. */
export type ManualInterventions = (message: string, fields: Readonly<Record<string, unknown>>) => void;

export interface ManualInterventionPorts {
  readonly environment: string;
  readonly service: string;
  readonly log: Log;
  readonly writeLine: (line: string) => void;
  readonly nowMs: () => number;
}

/**
 * `ManualInterventionRequired` in the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
 * by environment and by service.
 */
export function createManualInterventions(ports: ManualInterventionPorts): ManualInterventions {
  const { environment, service, log, writeLine, nowMs } = ports;
  return (message, fields) => {
    log('error', message, fields);
    const line = {
      _aws: {
        Timestamp: nowMs(),
        CloudWatchMetrics: [
          {
            Namespace: metricsNamespace,
            Dimensions: [['environment'], ['environment', 'service']],
            Metrics: [{ Name: 'ManualInterventionRequired', Unit: 'Count' }],
          },
        ],
      },
      environment,
      service,
      ManualInterventionRequired: 1,
    };
    writeLine(`${JSON.stringify(line)}\n`);
  };
}
