import { randomUUID } from 'node:crypto';
import { Redis } from 'iovalkey';
import { createDrain } from '../../lambda/webhook-drain/drain.ts';
import { createFallbackQueue } from '../../lambda/webhooks/fallback-queue.ts';
import { createWebhooks } from '../../lambda/webhooks/webhooks.ts';
import { startQueues } from '../../lib/local/emulators/sqs/queues.ts';
import { sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { callAws, sqs } from '../../runtime/aws/aws-json.ts';
import { createOriginSecrets } from '../../runtime/aws/origin-secret.ts';
import { secretFreshness } from '../../runtime/aws/secrets-manager.ts';
import { RefreshedValue } from '../../runtime/concurrency/refreshed-value.ts';
import { limitStoreEnv, requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ScriptRunner, type Scripts } from '../../runtime/limit-store/script-runner.ts';
import { hasRedis, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { createDeliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import { stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';

export const topic = 'payments.webhook';
/** Secret of the Stripe signatures. */
export const secret = 'whsec_of_the_endpoint';
/** Secret of the Standard Webhooks signatures. */
export const standardSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const origin = 'origin-secret';
const silent = { warn: () => undefined, error: () => undefined };
const source = { toleranceSeconds: 300, topic } as const;

/** The API's event of a delivery with a current signature. */
export function signedEvent(body: string): object {
  const time = String(Math.floor(Date.now() / 1_000));
  const headers = {
    [requestHeaders.originSecret]: origin,
    'stripe-signature': `t=${time},v1=${stripeSignature(secret, time, Buffer.from(body))}`,
  };
  return { routeKey: 'POST /webhook', headers, body };
}

/**
 * The webhook functions with a limit store (a real Redis if available), a queue and an event log.
 *
 * @param folder Folder of the queue's data.
 */
export async function openWebhookEndpoint(eventLog: Pick<EventLog, 'produce'>, folder: string) {
  const redis = hasRedis ? await startRedis() : undefined;
  const store =
    redis === undefined
      ? undefined
      : new ScriptRunner(
          readLimitStorePorts(
            { [limitStoreEnv.url]: redis.url, [limitStoreEnv.topology]: 'single' },
            localCredentials,
            2_000,
            silent,
          ),
        );
  const scripts: Scripts = store ?? new TestScripts(Date.now);
  const queues = await startQueues(
    sampleDeployment({
      Fallback: {
        type: 'AWS::SQS::Queue',
        properties: { FifoQueue: true, DeduplicationScope: 'messageGroup' },
      },
    }),
    { folder, region: 'eu-west-1', now: Date.now },
  );
  const deliveries = createDeliveries(scripts);
  const counts = new Map<string, number>();
  const errors: string[] = [];
  const log = {
    warn: () => undefined,
    error: (message: string) => {
      errors.push(message);
    },
  };
  const writeMetrics = (line: string) => {
    for (const [name, value] of Object.entries(JSON.parse(line) as object)) {
      if (name.startsWith('Webhook')) counts.set(name, (counts.get(name) ?? 0) + Number(value));
    }
  };
  const always = (value: string) =>
    new RefreshedValue(
      async () => [value],
      secretFreshness,
      () => undefined,
    );
  const queue = { endpoint: queues.url, queueUrl: 'test.Fallback', timeoutMilliseconds: 5_000 };
  const receiver = createWebhooks({
    settings: {
      environment: 'test',
      sources: {
        'POST /webhook': {
          ...source,
          name: 'stripe',
          format: 'stripe',
          orderBy: ['data.object.id'],
          secretId: 'stripe',
        },
        'POST /standard-webhook': {
          ...source,
          name: 'carrier',
          format: 'standard',
          orderBy: [],
          secretId: 'carrier',
        },
      },
    },
    originSecrets: createOriginSecrets(always(origin)),
    secrets: new Map([
      ['stripe', always(secret)],
      ['carrier', always(standardSecret)],
    ]),
    delivery: {
      eventLog,
      queue: createFallbackQueue(queue, localCredentials, log),
      deliveries,
      breaker: new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 300 }),
      monotonicNow: () => performance.now(),
      log,
    },
    newOwner: randomUUID,
    now: Date.now,
    log,
    writeMetrics,
  });
  const drain = createDrain({
    environment: 'test',
    eventLog,
    deliveries,
    sendToDeadLetterQueue: () => Promise.reject(new Error('The queue has a message that is not a webhook.')),
    now: Date.now,
    log,
    writeMetrics,
  });
  return {
    receiver,
    counts,
    /** Errors that the functions have logged. */
    errors,
    /** Drains one batch like an event source mapping. Returns whether the queue had messages. */
    async drainOnce(): Promise<boolean> {
      const ask = async (operation: string, input: object) => {
        const { text } = await callAws(sqs(queues.url, 10_000), localCredentials, operation, {
          QueueUrl: 'test.Fallback',
          ...input,
        });
        return JSON.parse(text === '' ? '{}' : text) as { readonly Messages?: readonly QueueMessage[] };
      };
      const asked = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['MessageGroupId'] };
      const { Messages: messages = [] } = await ask('ReceiveMessage', asked);
      const { batchItemFailures } = await drain({
        Records: messages.map(({ MessageId: messageId, Body: body, Attributes: attributes }) => ({
          messageId,
          body,
          attributes,
        })),
      });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { MessageId, ReceiptHandle } of messages) {
        if (failed.has(MessageId))
          await ask('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 0 });
        else await ask('DeleteMessage', { ReceiptHandle });
      }
      return messages.length > 0;
    },
    /** Deletes the webhook entries of the limit store. Needs a real Redis. */
    async wipeStore() {
      const client = new Redis(redis?.url ?? '');
      const keys = await client.keys('gh:{webhook:*');
      if (keys.length > 0) await client.del(...keys);
      client.disconnect();
    },
    async close() {
      store?.close();
      queues.close();
      await redis?.close();
    },
  };
}
export type WebhookEndpoint = Awaited<ReturnType<typeof openWebhookEndpoint>>;

interface QueueMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: object;
}
