import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localCredentials } from '../../run/local-credentials.ts';
import { type Metrics, type PutDatum, startMetrics } from './metrics.ts';

const now = new Date('2026-11-20T12:00:00Z');
let folder = '';
let metrics: Metrics;
let client: CloudWatchClient;
const start = async () => {
  metrics = await startMetrics(folder, () => now.getTime());
  const { region, ...credentials } = localCredentials;
  client = new CloudWatchClient({ endpoint: metrics.url, region, credentials, maxAttempts: 1 });
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  await start();
});
const stop = () => {
  client.destroy();
  metrics.close();
};
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});
const put = (...MetricData: MetricDatum[]) =>
  client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData }));
const shown = async () => (await (await fetch(metrics.url)).json()) as PutDatum[];

test('stores every form of a datum, also across a restart', async () => {
  const Dimensions = [{ Name: 'environment', Value: 'local' }];
  await put(
    { MetricName: 'Orders', Value: 1, Unit: 'Count', Dimensions, Timestamp: now },
    { MetricName: 'Latency', Values: [10, 20], Counts: [3, 1], StorageResolution: 1 },
    { MetricName: 'Latency', StatisticValues: { SampleCount: 4, Sum: 50, Minimum: 10, Maximum: 20 } },
  );
  stop();
  await start();
  const Timestamp = now.getTime() / 1_000;
  expect(await shown()).toEqual([
    { Namespace: 'Shop', MetricName: 'Orders', Value: 1, Unit: 'Count', Dimensions, Timestamp },
    {
      Namespace: 'Shop',
      MetricName: 'Latency',
      Values: [10, 20],
      Counts: [3, 1],
      StorageResolution: 1,
      Timestamp,
    },
    {
      Namespace: 'Shop',
      MetricName: 'Latency',
      StatisticValues: { SampleCount: 4, Sum: 50, Minimum: 10, Maximum: 20 },
      Timestamp,
    },
  ]);
});

test('accepts a call with a thousand data, which the SDK compresses', async () => {
  const many = Array.from({ length: 1_000 }, (_, Value) => ({ MetricName: `Metric${Value}`, Value }));
  await put(...many);
  expect(await shown()).toHaveLength(1_000);
  await expect(put(...many, { MetricName: 'More', Value: 1 })).rejects.toThrow(/1000/);
});

test.each([
  [{ MetricName: 'A' }, 'MissingRequiredParameterException'],
  [{ MetricName: 'A', Value: 1, Values: [1] }, 'InvalidParameterCombinationException'],
  [{ MetricName: 'A', Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException'],
  [{ MetricName: 'A', Value: 1, Timestamp: new Date('2026-11-01') }, 'InvalidParameterValueException'],
  [{ MetricName: '', Value: 1 }, 'InvalidParameterValueException'],
])('refuses %j as CloudWatch does and stores no datum of the call', async (wrong, name) => {
  await expect(put({ MetricName: 'Good', Value: 1 }, wrong)).rejects.toMatchObject({ name });
  expect(await shown()).toEqual([]);
});
