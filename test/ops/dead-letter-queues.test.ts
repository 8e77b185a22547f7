import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Queues, startQueues } from '../../lib/local/emulators/sqs/queues.ts';
import { sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { localClients } from '../../lib/ops/access/aws-clients.ts';
import { describeDeadLetter } from '../../lib/ops/access/dead-letter-content.ts';
import { openDeadLetterQueues } from '../../lib/ops/access/dead-letter-queues.ts';
import { callAws, sqs } from '../../runtime/aws/aws-json.ts';

const deployment = sampleDeployment({
  Fallback: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true } },
  Dead: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true } },
  OtherDead: { type: 'AWS::SQS::Queue', properties: {} },
  Other: {
    type: 'AWS::SQS::Queue',
    properties: { RedrivePolicy: { deadLetterTargetArn: 'test.OtherDead', maxReceiveCount: 1 } },
  },
});

let folder = '';
let queues: Queues;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dead-webhooks-'));
  queues = await startQueues(deployment, { folder, region: 'eu-west-1', now: Date.now });
});
afterEach(() => {
  queues.close();
  rmSync(folder, { recursive: true });
});

const ask = async (operation: string, queue: string, input: object) => {
  const QueueUrl = `test.${queue}`;
  const { status, text } = await callAws(sqs(queues.url), localCredentials, operation, {
    QueueUrl,
    ...input,
  });
  expect({ status, text }).toMatchObject({ status: 200 });
  return JSON.parse(text === '' ? '{}' : text) as {
    readonly Messages?: readonly { readonly Body: string }[];
  };
};
const bury = (id: string, key: string, body?: string) =>
  ask('SendMessage', 'Dead', {
    MessageBody:
      body ??
      JSON.stringify({
        id,
        time: `2026-11-20T12:00:0${id}.000Z`,
        partitionkey: key,
        data: { provider: 'stripe', eventType: 'charge.refunded' },
      }),
    MessageGroupId: key,
    MessageDeduplicationId: id,
  });
const waiting = async (queue: string) => {
  const { Messages = [] } = await ask('ReceiveMessage', queue, { MaxNumberOfMessages: 10 });
  return Messages.map(({ Body }) => (JSON.parse(Body) as { readonly id: string }).id);
};
const endpoints = () => ({
  dynamodb: queues.url,
  secretsManager: queues.url,
  lambda: queues.url,
  cloudfront: queues.url,
  sqs: queues.url,
});
const open = () => {
  const { sqs, lambda } = localClients(endpoints(), localCredentials);
  const pause = () => Promise.resolve();
  return openDeadLetterQueues(
    { sqs, lambda, pause },
    {
      webhooks: { queue: 'test.Dead', returnsTo: { queue: 'test.Fallback' } },
    },
  );
};
const list = () => open().list('webhooks');

test('list returns the dead letters with id, time, reason and excerpt, and leaves them in the queue', async () => {
  await bury('1', 'pi_1');
  await bury('2', 'pi_1');
  const expected = {
    reason: 'the consumer cannot parse it',
    excerpt: expect.stringContaining('charge.refunded'),
  };
  for (let i = 0; i < 2; i += 1) {
    expect(await list()).toMatchObject([
      { ...expected, eventId: '1', time: '2026-11-20T12:00:01.000Z' },
      { ...expected, eventId: '2', time: '2026-11-20T12:00:02.000Z' },
    ]);
  }
  expect(await open().summary('webhooks')).toEqual({
    consumer: 'webhooks',
    waiting: 2,
    oldest: '2026-11-20T12:00:01.000Z',
  });
});

test('replay returns the chosen messages in their order, leaves the others, and says that none has taken them', async () => {
  for (const id of ['1', '2', '3']) await bury(id, 'pi_1');
  await bury('4', 'pi_2');
  const { replayed, refused, isProcessed } = await open().replay(
    'webhooks',
    ({ eventId }) => eventId !== '2',
  );
  expect({ count: replayed.length, refused, isProcessed }).toEqual({
    count: 3,
    refused: [],
    isProcessed: false,
  });
  expect(await list()).toMatchObject([{ eventId: '2' }]);
  expect((await waiting('Fallback')).sort()).toEqual(['1', '3', '4']);
});

test('replay returns more messages of one key than SQS returns at a time', async () => {
  for (let i = 0; i < 25; i += 1) await bury(String(i), 'pi_1');
  expect((await open().replay('webhooks', () => true)).replayed).toHaveLength(25);
  expect(await list()).toEqual([]);
  expect(await waiting('Fallback')).toEqual(Array.from({ length: 10 }, (_, index) => String(index)));
});

test('replay returns a message whose deduplication id the queue has just seen', async () => {
  await ask('SendMessage', 'Fallback', {
    MessageBody: '{"id":"first"}',
    MessageGroupId: 'pi_0',
    MessageDeduplicationId: '1',
  });
  await bury('1', 'pi_1');
  await open().replay('webhooks', () => true);
  expect((await waiting('Fallback')).sort()).toEqual(['1', 'first']);
});

test('replay returns a message to the queue that SQS moved it from', async () => {
  await ask('SendMessage', 'Other', { MessageBody: '{"id":"lost"}' });
  for (let i = 0; i < 2; i += 1) await ask('ReceiveMessage', 'Other', { VisibilityTimeout: 0 });
  const { sqs, lambda } = localClients(endpoints(), localCredentials);
  const queues = openDeadLetterQueues(
    { sqs, lambda, pause: () => Promise.resolve() },
    {
      metering: { queue: 'test.OtherDead', returnsTo: { queue: 'test.Fallback' } },
    },
  );
  expect(await queues.list('metering')).toMatchObject([
    { eventId: 'lost', reason: 'every attempt of the consumer failed' },
  ]);
  expect((await queues.replay('metering', () => true)).replayed).toHaveLength(1);
  expect(await waiting('Other')).toEqual(['lost']);
});

test('a message without an event has its message id and time only', async () => {
  await bury('1', 'pi_1', 'not an event');
  expect(await list()).toMatchObject([{ eventId: null, excerpt: 'not an event' }]);
});

test.each([
  ['a field of a secret', '{"data":{"apiKey":"abc123","order":"o-1"}}', 'abc123'],
  [
    'a field in JSON in JSON',
    JSON.stringify({ body: JSON.stringify({ client_secret: 'abc123', order: 'o-1' }) }),
    'abc123',
  ],
  ['a token in text', 'o-1 Authorization: Bearer abc.def.ghi', 'abc.def'],
  ['an API key', '{"note":"o-1 gh_prod_abcdef123456_secretpart"}', 'secretpart'],
  ['a card number', '{"note":"o-1, card 4242 4242 4242 4242"}', '4242 4242'],
])('the excerpt masks %s', (_, Body, secret) => {
  const { excerpt } = describeDeadLetter({ Body });
  expect(excerpt).toContain('o-1');
  expect(excerpt).not.toContain(secret);
  expect(excerpt).toContain('***');
});
