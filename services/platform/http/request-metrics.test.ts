import { expect, test } from 'vitest';
import { createRequestMetrics } from './request-metrics.ts';

const open = () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const metrics = createRequestMetrics({
    environment: 'dev',
    service: 'order',
    writeLine: (line) => lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>),
    nowMs: () => 1_000,
  });
  return { lines, metrics };
};

test('writes the durations of requests in one line of the embedded metric format', () => {
  const { lines, metrics } = open();
  metrics.flush();
  expect(lines).toEqual([]);
  metrics.record(200, 1.5);
  metrics.record(404, 2);
  metrics.record(503, 30);
  metrics.flush();
  metrics.flush();
  expect(lines).toEqual([
    {
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Gatehouse',
            Dimensions: [['environment', 'service']],
            Metrics: [
              { Name: 'RequestMilliseconds', Unit: 'Milliseconds' },
              { Name: 'FailedRequests', Unit: 'Count' },
            ],
          },
        ],
      },
      environment: 'dev',
      service: 'order',
      RequestMilliseconds: [1.5, 2, 30],
      FailedRequests: 1,
    },
  ]);
});

test('writes at most 100 values per line, and each value once', () => {
  const { lines, metrics } = open();
  for (let request = 0; request < 250; request += 1) metrics.record(200, request);
  metrics.flush();
  const values = lines.map((line) => line['RequestMilliseconds'] as number[]);
  expect(values.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(values.flat()).toEqual(Array.from({ length: 250 }, (_, request) => request));
});
