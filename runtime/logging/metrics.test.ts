import { expect, test } from 'vitest';
import { embeddedMetrics } from './metrics.ts';

test('writes one line of the embedded metric format: sets with their dimensions, then every value at the root', () => {
  const line = embeddedMetrics(
    [
      { dimensions: ['environment', 'decision'], counts: { Decisions: 1 } },
      { dimensions: ['environment'], counts: { FailOpen: 1, LimitStoreFailures: 2 } },
    ],
    { environment: 'prod', decision: 'allow', route: 'GET /' },
    1_700_000_000_000,
  );
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: 'Gatehouse',
          Dimensions: [['environment', 'decision']],
          Metrics: [{ Name: 'Decisions', Unit: 'Count' }],
        },
        {
          Namespace: 'Gatehouse',
          Dimensions: [['environment']],
          Metrics: [
            { Name: 'FailOpen', Unit: 'Count' },
            { Name: 'LimitStoreFailures', Unit: 'Count' },
          ],
        },
      ],
    },
    environment: 'prod',
    decision: 'allow',
    route: 'GET /',
    Decisions: 1,
    FailOpen: 1,
    LimitStoreFailures: 2,
  });
});
