import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { localCredentials } from '../../run/local-credentials.ts';
import { type Queues, startQueues } from '../sqs/queues.ts';
import { startTopics, type Topics } from './topics.ts';

const subscription = (endpoint: string, more: object) => ({
  type: 'AWS::SNS::Subscription',
  properties: { TopicArn: 'test.News', Endpoint: endpoint, ...more },
});
const deployment = sampleDeployment({
  News: { type: 'AWS::SNS::Topic', properties: { KmsMasterKeyId: 'alias/aws/sns' } },
  Wrapped: { type: 'AWS::SQS::Queue', properties: {} },
  Raw: { type: 'AWS::SQS::Queue', properties: {} },
  ToWrapped: subscription('test.Wrapped', { Protocol: 'sqs' }),
  ToRaw: subscription('test.Raw', { Protocol: 'sqs', RawMessageDelivery: 'true' }),
  ToPeople: subscription('on-call@store.example', { Protocol: 'email' }),
});

let folder = '';
let queues: Queues;
let topics: Topics;
let sns: SNSClient;
const notices: string[] = [];
const options = () => ({
  queues,
  folder: join(folder, 'topics'),
  notice: (text: string) => void notices.push(text),
  now: () => 1_700_000_000_000,
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'topics-'));
  notices.length = 0;
  queues = await startQueues(deployment, {
    folder: join(folder, 'queues'),
    region: 'eu-west-1',
    now: Date.now,
  });
  topics = await startTopics(deployment, options());
  const { region, ...credentials } = localCredentials;
  sns = new SNSClient({ endpoint: topics.url, region, credentials, maxAttempts: 1 });
});
afterEach(() => {
  sns.destroy();
  topics.close();
  queues.close();
  rmSync(folder, { recursive: true });
});
const bodies = (id: string) =>
  queues
    .find(id)
    ?.receive(10)
    .map(({ message }) => message.body) ?? [];

test('delivers a message to every subscriber in its format', async () => {
  const TopicArn = 'test.News';
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn, Subject: '90 %', Message: '{"a":"<&>"}' }),
  );
  expect(bodies('test.Wrapped').map((body) => JSON.parse(body) as unknown)).toEqual([
    {
      Type: 'Notification',
      MessageId,
      TopicArn,
      Subject: '90 %',
      Message: '{"a":"<&>"}',
      Timestamp: '2023-11-14T22:13:20.000Z',
    },
  ]);
  expect(bodies('test.Raw')).toEqual(['{"a":"<&>"}']);
  expect(notices).toEqual(['test.News, to on-call@store.example by email: 90 % {"a":"<&>"}']);
  expect(await (await fetch(topics.url)).json()).toMatchObject([{ id: MessageId, message: '{"a":"<&>"}' }]);
});

test('PublishBatch reports success or failure for each entry', async () => {
  const { Successful, Failed } = await sns.send(
    new PublishBatchCommand({
      TopicArn: 'test.News',
      PublishBatchRequestEntries: [
        { Id: 'good', Message: 'one' },
        { Id: 'long', Message: 'x'.repeat(262_145) },
      ],
    }),
  );
  expect(Successful).toMatchObject([{ Id: 'good' }]);
  expect(Failed).toMatchObject([{ Id: 'long', Code: 'InvalidParameter', SenderFault: true }]);
  expect(bodies('test.Raw')).toEqual(['one']);
});

test('returns the error codes of SNS', async () => {
  const publish = (TopicArn: string, Message: string) => sns.send(new PublishCommand({ TopicArn, Message }));
  await expect(publish('test.Elsewhere', 'x')).rejects.toMatchObject({
    name: 'NotFoundException',
    message: 'Topic does not exist',
  });
  await expect(publish('test.News', '')).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('keeps published messages after a restart', async () => {
  await sns.send(new PublishCommand({ TopicArn: 'test.News', Message: 'kept' }));
  topics.close();
  topics = await startTopics(deployment, options());
  expect(await (await fetch(topics.url)).json()).toMatchObject([{ message: 'kept' }]);
});

test('refuses an unsupported subscription and names it', async () => {
  const odd = sampleDeployment({
    News: { type: 'AWS::SNS::Topic', properties: {} },
    ToPage: subscription('https://store.example', { Protocol: 'https' }),
  });
  await expect(startTopics(odd, options())).rejects.toThrow(
    'test.ToPage AWS::SNS::Subscription.Protocol: https to https://store.example is not emulated.',
  );
});
