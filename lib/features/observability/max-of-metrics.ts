import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** An alarm takes so many metrics at most. */
const perAlarm = 10;

/**
 * The highest of many like metrics, in as few figures as alarms can take.
 *
 * @param prefix of the names that the metrics have in a figure: lower case, and one for each in a graph.
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

/** The list in parts of `size`; the last may be shorter. */
export function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
