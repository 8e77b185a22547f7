import { join } from 'node:path';
import { z } from 'zod';
import { openAppendOnlyLog } from '../../run/append-only-log.ts';
import { makeStateFolder } from '../../run/state-folder.ts';
import { failed, type Outcome, operation, serveAwsJson, succeeded } from '../http/aws-json-server.ts';

/** The CloudWatch API for metrics. */
export interface Metrics {
  /** For `AWS_ENDPOINT_URL_CLOUDWATCH`. A GET request returns the latest data as JSON: a list of `PutDatum`. */
  readonly url: string;
  close(): void;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html, with its limits. */
const datum = z.strictObject({
  MetricName: z.string().min(1).max(255),
  Dimensions: z
    .array(z.strictObject({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1_024) }))
    .max(30)
    .optional(),
  /** Seconds since 1970. */
  Timestamp: z.number().optional(),
  Value: z.number().optional(),
  Values: z.array(z.number()).max(150).optional(),
  Counts: z.array(z.number()).optional(),
  StatisticValues: z
    .strictObject({ SampleCount: z.number(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
    .optional(),
  Unit: z.string().optional(),
  StorageResolution: z.int().optional(),
});

const putMetricData = z.strictObject({
  Namespace: z.string().min(1).max(255),
  MetricData: z.array(datum).max(1_000),
  StrictEntityValidation: z.boolean().optional(),
});

/** A metric datum with its namespace. */
export type PutDatum = z.output<typeof datum> & {
  readonly Namespace: string;
  /** Seconds since 1970. */
  readonly Timestamp: number;
};

const keptData = 10_000;
/** The limits of a timestamp: two weeks in the past, two hours in the future. */
const oldestSeconds = 14 * 86_400;
const latestSeconds = 7_200;

/**
 * Serves PutMetricData and stores the data.
 *
 * @param folder the folder of the data; no other run may use it.
 * @param now milliseconds since 1970.
 */
export async function startMetrics(folder: string, now: () => number): Promise<Metrics> {
  makeStateFolder(folder);
  const data: PutDatum[] = [];
  const keep = (each: PutDatum) => {
    data.push(each);
    if (data.length > keptData) data.shift();
  };
  const journal = openAppendOnlyLog<PutDatum>(join(folder, 'metrics.jsonl'), () => data);
  for (const each of journal.earlier) keep(each);

  const put = ({ Namespace, MetricData }: z.output<typeof putMetricData>): Outcome => {
    const nowSeconds = now() / 1_000;
    for (const [index, each] of MetricData.entries()) {
      const fault = faultOf(each, nowSeconds);
      if (fault !== undefined) return failed(fault.type, `MetricData.member.${index + 1}: ${fault.message}`);
    }
    for (const each of MetricData) {
      const full = { ...each, Namespace, Timestamp: each.Timestamp ?? nowSeconds };
      keep(full);
      journal.append(full);
    }
    return succeeded();
  };
  const server = await serveAwsJson({
    targetPrefix: 'GraniteServiceVersion20100801',
    namespace: 'com.amazonaws.cloudwatch',
    operations: { PutMetricData: operation(putMetricData, put) },
    page: () => data,
  });
  return {
    url: server.url,
    close() {
      server.close();
      journal.close();
    },
  };
}

function faultOf(
  { Value, Values, Counts, StatisticValues, Timestamp }: z.output<typeof datum>,
  nowSeconds: number,
): { readonly type: string; readonly message: string } | undefined {
  const forms = [Value, Values, StatisticValues].filter((form) => form !== undefined).length;
  if (forms !== 1) {
    const message = 'Give one of Value, Values and StatisticValues.';
    return {
      type: forms === 0 ? 'MissingRequiredParameterException' : 'InvalidParameterCombinationException',
      message,
    };
  }
  if (Counts !== undefined && Counts.length !== Values?.length) {
    return { type: 'InvalidParameterValueException', message: 'Counts and Values differ in length.' };
  }
  if (
    Timestamp !== undefined &&
    (Timestamp < nowSeconds - oldestSeconds || Timestamp > nowSeconds + latestSeconds)
  ) {
    return {
      type: 'InvalidParameterValueException',
      message: 'Timestamp is more than two weeks ago, or more than two hours ahead.',
    };
  }
  return undefined;
}
