import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { localCredentials } from '../../run/local-credentials.ts';
import { type Queues, startQueues } from './queues.ts';

const deployment = sampleDeployment({
  Jobs: {
    type: 'AWS::SQS::Queue',
    properties: {
      QueueName: 'jobs',
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: 'test.Dead', maxReceiveCount: 3 },
      SqsManagedSseEnabled: true,
    },
  },
  Dead: { type: 'AWS::SQS::Queue', properties: {} },
  Ordered: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true } },
});

let folder = '';
let queues: Queues;
/** The AWS SDK verifies the MD5 digests of the responses. */
let sqs: SQSClient;
const start = async () => {
  queues = await startQueues(deployment, { folder, region: 'eu-west-1', now: Date.now });
  const { region, ...credentials } = localCredentials;
  sqs = new SQSClient({ endpoint: queues.url, region, credentials, maxAttempts: 1 });
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'queues-'));
  await start();
});
const stop = () => {
  sqs.destroy();
  queues.close();
};
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'none';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

test('ReceiveMessage returns a message as it was sent, also after a restart', async () => {
  const QueueUrl = 'test.Jobs';
  const sent = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: 'héllo',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'greeting' },
        'shop.bytes': { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
      },
    }),
  );
  stop();
  await start();
  const received = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  const [message] = received.Messages ?? [];
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: 'héllo',
    MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    MessageAttributes: { kind: { StringValue: 'greeting' }, 'shop.bytes': { DataType: 'Binary' } },
    Attributes: { ApproximateReceiveCount: '1', SenderId: 'local' },
  });
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  const counted = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(counted.Attributes).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    QueueArn: 'arn:aws:sqs:eu-west-1:000000000000:jobs',
    VisibilityTimeout: '60',
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:000000000000:test.Dead',
      maxReceiveCount: 3,
    }),
  });
});

test('finds a queue by name, URL and reference', async () => {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
  expect(queues.find('arn:aws:sqs:eu-west-1:000000000000:jobs')?.counts().visible).toBe(1);
  expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'test' }))).QueueUrls).toHaveLength(2);
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  expect(queues.find('test.Jobs')?.counts().visible).toBe(0);
});

test('a batch call reports success or failure for each entry', async () => {
  const entry = (Id: string, more: object) => ({ Id, MessageBody: Id, ...more });
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: 'test.Ordered',
      Entries: [
        entry('one', { MessageGroupId: 'g', MessageDeduplicationId: '1' }),
        entry('no-group', { MessageDeduplicationId: '2' }),
        entry('again', { MessageGroupId: 'g', MessageDeduplicationId: '1' }),
        entry('two', { MessageGroupId: 'g', MessageDeduplicationId: '3' }),
      ],
    }),
  );
  expect(sent.Failed).toEqual([
    {
      Id: 'no-group',
      SenderFault: true,
      Code: 'MissingParameter',
      Message: 'The request must contain the parameter MessageGroupId.',
    },
  ]);
  const [one, again] = sent.Successful ?? [];
  expect(again?.MessageId).toBe(one?.MessageId);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: 'test.Ordered', MaxNumberOfMessages: 10 }),
  );
  expect(Messages.map(({ Body }) => Body)).toEqual(['one', 'two']);
  const deleted = await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: 'test.Ordered',
      Entries: [
        { Id: 'a', ReceiptHandle: Messages[0]?.ReceiptHandle },
        { Id: 'b', ReceiptHandle: 'nonsense' },
      ],
    }),
  );
  expect(deleted).toMatchObject({
    Successful: [{ Id: 'a' }],
    Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }],
  });
});

test('a waiting ReceiveMessage call returns as soon as a message arrives', async () => {
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl: 'jobs', WaitTimeSeconds: 20 }));
  // The call waits once it has called the queue.
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl: 'jobs', AttributeNames: ['All'] }));
  await sqs.send(new SendMessageCommand({ QueueUrl: 'jobs', MessageBody: 'now' }));
  expect((await waiting).Messages?.[0]?.Body).toBe('now');
  expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'jobs' }))).Messages).toBeUndefined();
});

test('returns the error codes of SQS', async () => {
  const send = (more: object) =>
    refusal(sqs.send(new SendMessageCommand({ QueueUrl: 'jobs', MessageBody: 'x', ...more })));
  expect(await send({ QueueUrl: 'nowhere' })).toBe('QueueDoesNotExist: The specified queue does not exist.');
  expect(await send({ MessageBody: '\u0000' })).toMatch(/^InvalidMessageContents: /);
  expect(await send({ MessageBody: 'x'.repeat(1_048_577) })).toMatch(/must be shorter than 1048576 bytes/);
  expect(await send({ DelaySeconds: 901 })).toMatch(/DelaySeconds/);
  expect(
    await refusal(sqs.send(new DeleteMessageCommand({ QueueUrl: 'jobs', ReceiptHandle: 'nonsense' }))),
  ).toBe('ReceiptHandleIsInvalid: The input receipt handle is invalid.');
  expect(await refusal(sqs.send(new SendMessageBatchCommand({ QueueUrl: 'jobs', Entries: [] })))).toMatch(
    /^EmptyBatchRequest: /,
  );
  expect(await refusal(sqs.send(new TagQueueCommand({ QueueUrl: 'jobs', Tags: {} })))).toMatch(
    /TagQueue is not emulated/,
  );
  await sqs.send(new SendMessageCommand({ QueueUrl: 'jobs', MessageBody: 'x' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'jobs', VisibilityTimeout: 0 }));
  expect(
    await refusal(
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: 'jobs',
          ReceiptHandle: Messages?.[0]?.ReceiptHandle,
          VisibilityTimeout: 1,
        }),
      ),
    ),
  ).toMatch(/^MessageNotInflight: /);
  const unsigned = await fetch(queues.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.ListQueues' },
    body: '{}',
  });
  expect([unsigned.status, await unsigned.text()]).toEqual([
    400,
    expect.stringContaining('MissingAuthenticationToken'),
  ]);
});

test('refuses unsupported properties and names them', async () => {
  const start = (properties: Record<string, unknown>) =>
    startQueues(sampleDeployment({ Odd: { type: 'AWS::SQS::Queue', properties } }), {
      folder,
      region: 'eu-west-1',
      now: Date.now,
    });
  await expect(start({ Colour: 'blue' })).rejects.toThrow(/test\.Odd AWS::SQS::Queue\.Colour/);
  await expect(
    start({ RedrivePolicy: { deadLetterTargetArn: 'elsewhere', maxReceiveCount: 1 } }),
  ).rejects.toThrow(/RedrivePolicy\.deadLetterTargetArn: does not name a queue/);
});
