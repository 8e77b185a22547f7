import { GraphWidget, type IMetric, type IWidget, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** Widgets beside each other. */
export type Row = readonly IWidget[];

/** A dashboard is 24 wide. */
export const dashboardWidth = 24;

/** Graphs that share a row; one that would have no line is left out. */
export function row(
  ...graphs: readonly { readonly title: string; readonly left: readonly IMetric[] }[]
): Row {
  const drawn = graphs.filter(({ left }) => left.length > 0);
  const width = Math.floor(dashboardWidth / drawn.length);
  return drawn.map(
    ({ title, left }) => new GraphWidget({ title, left: [...left], leftYAxis: { min: 0 }, width }),
  );
}

export function graph(title: string, left: readonly (IMetric | undefined)[]) {
  return { title, left: left.filter((metric) => metric !== undefined) };
}

/** The same metric under another name. */
export function withLabel(metric: IMetric, label: string): IMetric {
  return metric instanceof Metric || metric instanceof MathExpression ? metric.with({ label }) : metric;
}
