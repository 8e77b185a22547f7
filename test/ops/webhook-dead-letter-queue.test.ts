import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Queues, startQueues } from '../../lib/local/emulators/sqs/queues.ts';
import { sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { localClients } from '../../lib/ops/access/aws-clients.ts';
import { openWebhookDeadLetterQueue } from '../../lib/ops/access/webhook-dead-letter-queue.ts';
import { callAws, sqs } from '../../runtime/aws/aws-json.ts';

const deployment = sampleDeployment({
  Fallback: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true } },
  Dead: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true } },
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
const open = () =>
  openWebhookDeadLetterQueue(localClients(endpoints(), localCredentials).sqs, {
    deadLetters: 'test.Dead',
    queue: 'test.Fallback',
  });

test('list returns the dead letters and leaves them in the queue', async () => {
  await bury('1', 'pi_1');
  await bury('2', 'pi_1');
  const expected = { sender: 'stripe', type: 'charge.refunded', key: 'pi_1' };
  for (let i = 0; i < 2; i += 1) {
    expect(await open().list()).toEqual([
      { ...expected, eventId: '1', receivedAt: '2026-11-20T12:00:01.000Z' },
      { ...expected, eventId: '2', receivedAt: '2026-11-20T12:00:02.000Z' },
    ]);
  }
});

test('replay moves the chosen webhooks in their order and leaves the others', async () => {
  for (const id of ['1', '2', '3']) await bury(id, 'pi_1');
  await bury('4', 'pi_2');
  expect(await open().replay(({ eventId }) => eventId !== '2')).toBe(3);
  expect(await open().list()).toMatchObject([{ eventId: '2' }]);
  expect((await waiting('Fallback')).sort()).toEqual(['1', '3', '4']);
});

test('replay moves more webhooks of one key than SQS returns at a time', async () => {
  for (let i = 0; i < 25; i += 1) await bury(String(i), 'pi_1');
  expect(await open().replay(() => true)).toBe(25);
  expect(await open().list()).toEqual([]);
  expect(await waiting('Fallback')).toEqual(Array.from({ length: 10 }, (_, index) => String(index)));
});

test('list identifies a message without an event by its message id', async () => {
  await bury('1', 'pi_1', 'not an event');
  expect(await open().list()).toMatchObject([{ sender: '-', type: '-', key: 'pi_1' }]);
});
