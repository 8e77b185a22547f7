import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEventLog } from '../../../../runtime/events/open-event-log.ts';
import { numberedEvents, realDependencies } from '../../../../runtime/events/testing/event-logs.ts';
import { type SampleResources, sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import type { InvocationResult } from '../lambda/runtime-api.ts';
import { type Queues, startQueues } from '../sqs/queues.ts';
import { createEventSources, type EventSources } from './event-sources.ts';

const mapping = (properties: object) => ({
  type: 'AWS::Lambda::EventSourceMapping',
  properties: { FunctionName: 'test.Consumer', ...properties },
});
const resources: SampleResources = {
  Consumer: { type: 'AWS::Lambda::Function', properties: { Timeout: 10 } },
  Jobs: { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 10 } },
  Ordered: {
    type: 'AWS::SQS::Queue',
    properties: { FifoQueue: true, ContentBasedDeduplication: true, VisibilityTimeout: 10 },
  },
  Dead: { type: 'AWS::SQS::Queue', properties: {} },
};

let folder = '';
let clock = 0;
let queues: Queues;
let sources: EventSources | undefined;
let events: Record<string, unknown>[];
let notices: string[];
let answer: (event: Record<string, unknown>) => InvocationResult;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sources-'));
  clock = Date.now();
  [events, notices] = [[], []];
  answer = () => ({ ok: true, payload: null });
});
afterEach(async () => {
  await sources?.close();
  sources = undefined;
  queues.close();
  rmSync(folder, { recursive: true });
});

const fileLog = () => `file:${join(folder, 'events')}`;

async function start(more: SampleResources, eventLogUrl = fileLog()): Promise<void> {
  const deployment = sampleDeployment({ ...resources, ...more });
  queues = await startQueues(deployment, {
    folder: join(folder, 'queues'),
    region: 'eu-west-1',
    now: () => clock,
  });
  sources = createEventSources(deployment, {
    functions: {
      invoke: (_, event) => {
        events.push(event as Record<string, unknown>);
        return Promise.resolve(answer(event as Record<string, unknown>));
      },
    },
    queues,
    eventLogUrl,
    sendTo: (reference, body) => void queues.find(reference)?.send({ body, attributes: {} }),
    region: 'eu-west-1',
    notice: (text) => notices.push(text),
    now: () => clock,
  });
  await sources.start();
}
const send = (queue: string, body: string, groupId?: string) =>
  queues.find(queue)?.send({ body, groupId, attributes: { kind: { DataType: 'String', StringValue: 'x' } } });
const bodies = (event: Record<string, unknown>) =>
  (event['Records'] as { body: string }[]).map(({ body }) => body);
const until = async (reached: () => boolean) => {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const counts = (queue: string) => queues.find(queue)?.counts();
const empty = { visible: 0, inFlight: 0, delayed: 0 };

describe('a queue', () => {
  test('delivers its messages to the function and deletes those that succeed', async () => {
    await start({ Mapping: mapping({ EventSourceArn: 'test.Jobs' }) });
    const sent = send('test.Jobs', 'hello');
    await until(() => events.length === 1 && counts('test.Jobs')?.inFlight === 0);
    expect(events[0]?.['Records']).toEqual([
      {
        messageId: sent?.id,
        receiptHandle: expect.any(String) as string,
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(clock),
          SenderId: 'local',
          ApproximateFirstReceiveTimestamp: String(clock),
        },
        messageAttributes: {
          kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
        },
        md5OfMessageAttributes: expect.any(String) as string,
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:test.Jobs',
        awsRegion: 'eu-west-1',
      },
    ]);
    expect(counts('test.Jobs')).toEqual(empty);
  });

  test('keeps reported failures, and the whole batch when the function fails', async () => {
    await start({
      Mapping: mapping({
        EventSourceArn: 'test.Jobs',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumBatchingWindowInSeconds: 1,
        BatchSize: 2,
      }),
    });
    answer = ({ Records }) => ({
      ok: true,
      payload: {
        batchItemFailures: (Records as { messageId: string; body: string }[])
          .filter(({ body }) => body === 'bad')
          .map(({ messageId }) => ({ itemIdentifier: messageId })),
      },
    });
    send('test.Jobs', 'good');
    send('test.Jobs', 'bad');
    await until(() => events.length === 1);
    await until(() => counts('test.Jobs')?.inFlight === 1);
    answer = () => ({ ok: false, error: 'Error: no' });
    clock += 10_000;
    send('test.Jobs', 'wakes the poller');
    await until(() => notices.length === 1);
    expect(events.slice(1).flatMap(bodies)).toContain('bad');
    expect(counts('test.Jobs')?.inFlight).toBe(2);
  });

  test('does not deliver messages that match no filter', async () => {
    await start({
      Mapping: mapping({
        EventSourceArn: 'test.Jobs',
        FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["a"]}}' }] },
      }),
    });
    send('test.Jobs', '{"kind":"b"}');
    send('test.Jobs', '{"kind":"a"}');
    await until(() => events.length > 0);
    await until(() => JSON.stringify(counts('test.Jobs')) === JSON.stringify(empty));
    expect(events.flatMap(bodies)).toEqual(['{"kind":"a"}']);
  });

  test('keeps the order of each group when it is a FIFO queue', async () => {
    await start({ Mapping: mapping({ EventSourceArn: 'test.Ordered', BatchSize: 3 }) });
    for (let number = 0; number < 20; number += 1) send('test.Ordered', `${number}`, `group${number % 2}`);
    await until(() => JSON.stringify(counts('test.Ordered')) === JSON.stringify(empty));
    const numbers = events.flatMap(bodies).map(Number);
    const even = numbers.filter((number) => number % 2 === 0);
    const odd = numbers.filter((number) => number % 2 === 1);
    expect([even, odd]).toEqual([
      [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
      [1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
    ]);
  });
});

const brokers = process.env['KAFKA_BROKERS'];
const note = brokers === undefined ? ' (skipped: no KAFKA_BROKERS)' : '';
const title =
  'delivers records, sends a failure record after the last retry, and continues behind it after a restart';
test(`a topic of the file event log ${title}`, async () => {
  expect(await throughTopic(fileLog())).toMatchObject(expected);
});
test.skipIf(brokers === undefined)(`a Kafka topic ${title}${note}`, { timeout: 90_000 }, async () => {
  expect(await throughTopic(`kafka://${brokers}`)).toMatchObject(expected);
});

const expected = {
  given: {
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
    KafkaBatchInfo: { batchSize: 3 },
  },
  places: [{ firstRecordOffset: '0', lastRecordOffset: '2' }],
  offsetsAfterRestart: [3],
};

/** The failure record of three failing records, and the offsets that the next run delivers. */
async function throughTopic(eventLogUrl: string): Promise<unknown> {
  const name = `orders-${randomUUID()}`;
  const topic = {
    Mapping: mapping({
      Topics: [name],
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['local'] } },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: name },
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: 'test.Dead' } },
      ProvisionedPollerConfig: { MinimumPollers: 1 },
    }),
  };
  const log = await openEventLog(eventLogUrl, realDependencies);
  await log.produce(name, numberedEvents('phone', 3));
  answer = () => ({ ok: false, error: 'Error: poison' });
  await start(topic, eventLogUrl);
  await until(() => counts('test.Dead')?.visible === 1);
  const [dead] = queues.find('test.Dead')?.receive(1) ?? [];
  const given = JSON.parse(dead?.message.body ?? '') as { KafkaBatchInfo: { recordsInfo: object } };
  await sources?.close();
  queues.close();

  events = [];
  answer = () => ({ ok: true, payload: null });
  await start(topic, eventLogUrl);
  await log.produce(name, numberedEvents('phone', 1));
  await until(() => events.length > 0);
  await log.close();
  const records = Object.values(events[0]?.['records'] as Record<string, { offset: number }[]>).flat();
  return {
    given,
    places: Object.values(given.KafkaBatchInfo.recordsInfo),
    offsetsAfterRestart: records.map(({ offset }) => offset),
  };
}

test.each([
  [
    { EventSourceArn: 'test.Jobs', ParallelizationFactor: 2 },
    /Mapping .*ParallelizationFactor: is not emulated/,
  ],
  [
    { EventSourceArn: 'test.Jobs', MaximumRetryAttempts: 3 },
    /MaximumRetryAttempts: is not supported for SQS/,
  ],
  [{ EventSourceArn: 'arn:aws:kinesis:stream' }, /only SQS queues and Kafka topics are emulated/],
  [
    { EventSourceArn: 'test.Slow' },
    /visibility timeout of the queue \(5 s\) is shorter than the timeout of the function \(10 s\)/,
  ],
  [
    { EventSourceArn: 'test.Jobs', FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } },
    /FilterCriteria\.Filters\[0\]\.Pattern/,
  ],
  [
    { Topics: ['t'], DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::bucket' } } },
    /OnFailure\.Destination: does not name a queue or SNS topic/,
  ],
])('refuses %j and names the property', async (properties, message) => {
  const slow = { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 5 } };
  await expect(start({ Mapping: mapping(properties), Slow: slow })).rejects.toThrow(message);
});

test('ignores a disabled mapping', async () => {
  await start({ Mapping: mapping({ EventSourceArn: 'test.Jobs', Enabled: false }) });
  send('test.Jobs', 'x');
  expect(counts('test.Jobs')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
});
