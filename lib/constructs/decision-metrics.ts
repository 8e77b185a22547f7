import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DecisionWord } from '../../lambda/shared/contract.ts';

export interface DecisionMetricsProps {
  readonly accessLogs: ILogGroup;
  readonly namespace: string;
}

/** Counts the decisions of the access log, by word: what the status codes alone do not tell. */
export class DecisionMetrics extends Construct {
  readonly namespace: string;

  constructor(scope: Construct, id: string, { accessLogs, namespace }: DecisionMetricsProps) {
    super(scope, id);
    this.namespace = namespace;
    new MetricFilter(this, 'Decisions', {
      logGroup: accessLogs,
      // The health route has no decision, and what has no value is logged as "-".
      filterPattern: FilterPattern.stringValue('$.decision', '!=', '-'),
      metricNamespace: namespace,
      metricName: 'Decisions',
      metricValue: '1',
      dimensions: { decision: '$.decision' },
    });
  }

  /** Calls with this decision, summed over a minute. */
  count(decision: DecisionWord): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: 'Decisions',
      dimensionsMap: { decision },
      statistic: 'Sum',
      period: Duration.minutes(1),
      label: decision,
    });
  }
}
