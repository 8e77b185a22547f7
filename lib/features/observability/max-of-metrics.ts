import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** Maximum number of metrics in the expression of an alarm. */
const perAlarm = 10;

/**
 * Maximum of many metrics, as one expression per ten metrics, which is the limit of an alarm.
 *
 * @param prefix of the metric ids: lower case, and unique in a graph
 */
export function maxOfMany(metrics: readonly Metric[], prefix: string, label: string): IMetric[] {
  return chunk(metrics, perAlarm).map((part, index) => {
    const named = part.map((metric, place) => [`${prefix}${index * perAlarm + place}`, metric] as const);
    return new MathExpression({
      period: Duration.minutes(1),
      label,
      expression: `MAX([${named.map(([name]) => `FILL(${name}, 0)`).join(', ')}])`,
      usingMetrics: Object.fromEntries(named),
    });
  });
}

/** Splits a list into parts of `size`; the last part may be shorter. */
export function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
