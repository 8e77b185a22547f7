import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { createFallbackQueue } from '../../../lambda/webhooks/fallback-queue.ts';
import { openWebhookDeadLetterQueue } from '../../../lib/ops/access/webhook-dead-letter-queue.ts';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { publishMessage } from '../../../runtime/aws/sns.ts';
import { sendMessage } from '../../../runtime/aws/sqs.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { deduplicationIdOf, orderGroupOf } from '../../../runtime/webhooks/webhook-deliveries.ts';
import { type ComparedCall, specialCharacters } from './compared-call.ts';

const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue.fifo';
const log = createLog(() => undefined);

const emptyEvent = {
  specversion: '1.0',
  id: 'evt-ü-1',
  source: '/webhooks/stripe',
  type: 'payments.webhook',
  time: '2026-11-20T12:00:00.000Z',
  subject: 's',
  partitionkey: 'key/1',
  data: {},
} as never;

const inQueue = (endpoint: string, credentials: AwsCredentials) => ({
  endpoint,
  credentials,
  queueUrl,
  timeoutMilliseconds: 5_000,
});

const sqsCalls: readonly ComparedCall[] = [
  {
    name: 'SQS SendMessage',
    ours: (endpoint, credentials) => sendMessage(inQueue(endpoint, credentials), specialCharacters),
    sdk: (config) => {
      const client = new sqs.SQSClient(config);
      return [
        () => client.send(new sqs.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: specialCharacters })),
      ];
    },
  },
  {
    name: 'SQS SendMessage to a FIFO queue',
    ours: (endpoint, credentials) =>
      createFallbackQueue(inQueue(endpoint, credentials), credentials, log).send(emptyEvent),
    sdk: (config) => {
      const client = new sqs.SQSClient(config);
      const input = {
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(emptyEvent),
        MessageGroupId: orderGroupOf(emptyEvent),
        MessageDeduplicationId: deduplicationIdOf(emptyEvent),
      };
      return [() => client.send(new sqs.SendMessageCommand(input))];
    },
  },
  {
    name: 'SQS ReceiveMessage, SendMessage, DeleteMessage and ChangeMessageVisibility of the dead-letter queue',
    ours: async (endpoint, credentials) => {
      const urls = { deadLetters: queueUrl, queue: `${queueUrl}2` };
      const webhooks = openWebhookDeadLetterQueue(endpoint, credentials, urls);
      await webhooks.replay(() => true);
      await webhooks.list();
    },
    sdk: (config) => {
      const client = new sqs.SQSClient(config);
      const receive = () =>
        client.send(
          new sqs.ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 120,
            WaitTimeSeconds: 1,
            MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
          }),
        );
      const attributes = { MessageGroupId: 'g', MessageDeduplicationId: 'd' };
      const moved = { QueueUrl: `${queueUrl}2`, MessageBody: 'body', ...attributes };
      const held = { QueueUrl: queueUrl, ReceiptHandle: 'handle' };
      return [
        receive,
        () => client.send(new sqs.SendMessageCommand(moved)),
        () => client.send(new sqs.DeleteMessageCommand(held)),
        receive,
        receive,
        receive,
        () => client.send(new sqs.ChangeMessageVisibilityCommand({ ...held, VisibilityTimeout: 0 })),
      ];
    },
  },
];

const snsCalls: readonly ComparedCall[] = [
  {
    name: 'SNS Publish',
    ours: (endpoint, credentials) =>
      publishMessage(
        {
          endpoint,
          credentials,
          topicArn: 'arn:aws:sns:eu-west-1:123456789012:t',
          timeoutMilliseconds: 5_000,
        },
        "prod: 80 % of the quota (it's used)",
        `${specialCharacters}*~-_.!`,
      ),
    sdk: (config) => {
      const client = new sns.SNSClient(config);
      const input = {
        TopicArn: 'arn:aws:sns:eu-west-1:123456789012:t',
        Subject: "prod: 80 % of the quota (it's used)",
        Message: `${specialCharacters}*~-_.!`,
      };
      return [() => client.send(new sns.PublishCommand(input))];
    },
  },
];

/** Calls of SQS and SNS. */
export const messagingCalls: readonly ComparedCall[] = [...sqsCalls, ...snsCalls];
