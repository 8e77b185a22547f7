import type { MetricSample } from './metric-samples.ts';

/** One entry of PutMetricData in CloudWatch's API. */
export interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions: { readonly Name: string; readonly Value: string }[];
  readonly Timestamp: Date;
  readonly Unit: MetricSample['unit'];
  readonly Values: number[];
  readonly Counts: number[];
}

/**
 * Limits of one entry, and of one call: 1 MB less the text around the entries (PutMetricData, CloudWatch
 * API reference).
 */
const maxValues = 150;
const maxEntries = 1_000;
const maxBytes = 900_000;
/**
 * CloudWatch accepts times from two weeks back to two hours ahead; one hour of each is reserved for the
 * delivery.
 */
const oldestMs = (14 * 24 - 1) * 3_600_000;
const newestMs = 3_600_000;
const minuteMs = 60_000;

/** Whether CloudWatch accepts figures of this time. */
export function isTimely(timeMs: number, now: number): boolean {
  return timeMs >= now - oldestMs && timeMs <= now + newestMs;
}

/**
 * Groups figures by metric, dimensions and minute, each distinct value with its count, in as few calls as the
 * API allows. Percentiles stay exact, unlike with statistic sets.
 *
 * @returns The entries of each call.
 */
export function metricCalls(environment: string, figures: readonly MetricSample[]): MetricDatum[][] {
  const series = new Map<string, { readonly figure: MetricSample; readonly counts: Map<number, number> }>();
  for (const figure of figures) {
    const minute = Math.floor(figure.timeMs / minuteMs);
    const key = JSON.stringify([figure.metric, figure.dimensions, minute]);
    const one = series.get(key) ?? { figure, counts: new Map<number, number>() };
    series.set(key, one);
    one.counts.set(figure.value, (one.counts.get(figure.value) ?? 0) + 1);
  }
  const entries = [...series.values()].flatMap(({ figure, counts }) =>
    chunks([...counts], maxValues).map((values) => datumOf(environment, figure, values)),
  );
  return filled(entries);
}

function datumOf(
  environment: string,
  { metric, dimensions, timeMs, unit }: MetricSample,
  values: readonly (readonly [value: number, count: number])[],
): MetricDatum {
  return {
    MetricName: metric,
    Dimensions: Object.entries({ environment, ...dimensions }).map(([Name, Value]) => ({ Name, Value })),
    Timestamp: new Date(Math.floor(timeMs / minuteMs) * minuteMs),
    Unit: unit,
    Values: values.map(([value]) => value),
    Counts: values.map(([, count]) => count),
  };
}

/** Measured as JSON, which is longer than the request. */
function filled(entries: readonly MetricDatum[]): MetricDatum[][] {
  const calls: MetricDatum[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const own = JSON.stringify(entry).length;
    const last = calls.at(-1);
    if (last === undefined || last.length === maxEntries || bytes + own > maxBytes) {
      calls.push([entry]);
      bytes = own;
    } else {
      last.push(entry);
      bytes += own;
    }
  }
  return calls;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
