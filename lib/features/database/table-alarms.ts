import { Duration } from 'aws-cdk-lib';
import { type IAlarm, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';

export interface TableAlarmsProps {
  readonly topic: ITopic;
  /** Names of the tables, by a word for each. */
  readonly tables: Readonly<Record<string, string>>;
}

/** Reads and writes that DynamoDB refused for the moment, in a minute. */
function throttledOf(tableName: string, label: string): IMetric {
  const minutely = { period: Duration.minutes(1) };
  const throttled = (metricName: string) =>
    new Metric({
      ...minutely,
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: tableName },
      statistic: 'Sum',
    });
  return new MathExpression({
    ...minutely,
    label,
    expression: `FILL(${label}Reads, 0) + FILL(${label}Writes, 0)`,
    usingMetrics: {
      [`${label}Reads`]: throttled('ReadThrottleEvents'),
      [`${label}Writes`]: throttled('WriteThrottleEvents'),
    },
  });
}

/** That a table is too slow for its callers: an on-demand table under a hot key, or at its account's ceiling. */
export class TableAlarms extends Construct {
  constructor(scope: Construct, id: string, { topic, tables }: TableAlarmsProps) {
    super(scope, id);
    const alarms: IAlarm[] = Object.entries(tables).map(
      ([name, tableName]) =>
        new GatewayAlarm(this, name, {
          runbook: 'database/TablesThrottled',
          description: `DynamoDB refuses calls on the table of ${name} for the moment.`,
          metric: throttledOf(tableName, name),
          threshold: 0,
          periods: 5,
        }).alarm,
    );
    new AlarmGroup(this, 'TablesThrottled', {
      topic,
      runbook: 'database/TablesThrottled',
      description: 'DynamoDB refuses calls for the moment.',
      alarms,
    });
  }
}
