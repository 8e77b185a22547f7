import { Duration } from 'aws-cdk-lib';
import { type IAlarm, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm } from '../observability/gateway-alarm.ts';

export interface TableAlarmsProps {
  readonly topic: ITopic;
  /** Physical names of the tables, by their short names. */
  readonly tables: Readonly<Record<string, string>>;
}

/** Reads and writes per minute that DynamoDB throttled. */
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

/** Alarms on throttled tables: an on-demand table with a hot key, or at the account's quota. */
export class TableAlarms extends Construct {
  constructor(scope: Construct, id: string, { topic, tables }: TableAlarmsProps) {
    super(scope, id);
    const alarms: IAlarm[] = Object.entries(tables).map(
      ([name, tableName]) =>
        new GatewayAlarm(this, name, {
          name: `TableThrottled-${name}`,
          runbook: 'database/TablesThrottled',
          description: `DynamoDB throttles reads or writes of the ${name} table. Callers of the table retry.`,
          metric: throttledOf(tableName, name),
          threshold: 0,
          periods: 5,
        }).alarm,
    );
    new AlarmGroup(this, 'TablesThrottled', {
      topic,
      runbook: 'database/TablesThrottled',
      description:
        'DynamoDB throttles a table. Metering is late, and clients that are not cached may get 503.',
      alarms,
    });
  }
}
