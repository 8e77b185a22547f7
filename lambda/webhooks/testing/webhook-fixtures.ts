import { randomUUID } from 'node:crypto';
import { createOriginSecrets } from '../../../runtime/aws/origin-secret.ts';
import { secretFreshness } from '../../../runtime/aws/secrets-manager.ts';
import { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import { requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { TestScripts } from '../../../runtime/limit-store/testing/test-scripts.ts';
import { createDeliveries } from '../../../runtime/webhooks/webhook-deliveries.ts';
import { stripeSignature } from '../../../runtime/webhooks/webhook-signatures.ts';
import type { WebhookSettings } from '../contract.ts';
import { createWebhooks } from '../webhooks.ts';

export const originSecret = 'of-the-edge';
export const stripeSecret = 'whsec_stripe';
export const standardSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const common = { toleranceSeconds: 300, topic: 'payments.webhook' } as const;
const settings: WebhookSettings = {
  environment: 'test',
  sources: {
    'POST /api/payments/webhook': {
      ...common,
      name: 'stripe',
      format: 'stripe',
      orderBy: ['data.object.payment_intent', 'data.object.id'],
      secretId: 'stripe',
    },
    'POST /api/shipping/webhook': {
      ...common,
      name: 'carrier',
      format: 'standard',
      orderBy: [],
      secretId: 'carrier',
    },
  },
};

/**
 * The function with a limit store, a log and a queue in memory, and a clock that the test moves. The test
 * chooses which of them are unavailable; everything else is real.
 */
export function createTestWebhooks() {
  const world = {
    /** Milliseconds since the epoch. */
    now: Date.UTC(2026, 10, 20, 12),
    secrets: new Map<string, readonly string[] | undefined>([
      ['origin', [originSecret]],
      ['stripe', [stripeSecret]],
      ['carrier', [standardSecret]],
    ]),
    isLogUnavailable: false,
    queue: 'sent' as 'sent' | 'refused' | 'unknown',
    logged: [] as CloudEvent[],
    queued: [] as CloudEvent[],
    metrics: [] as Record<string, unknown>[],
    lines: [] as string[],
  };
  const secretOf = (id: string) =>
    new RefreshedValue(
      async () => {
        const values = world.secrets.get(id);
        if (values === undefined) throw new Error('unavailable');
        return values;
      },
      secretFreshness,
      () => undefined,
    );
  const scripts = new TestScripts(() => world.now);
  const deliveries = createDeliveries(scripts);
  const say = (message: string, fields: object = {}) => {
    world.lines.push(JSON.stringify({ message, ...fields }));
  };
  const handler = createWebhooks({
    settings,
    originSecrets: createOriginSecrets(secretOf('origin')),
    secrets: new Map(['stripe', 'carrier'].map((name) => [name, secretOf(name)])),
    delivery: {
      eventLog: {
        produce: async (_, events) => {
          await Promise.resolve();
          if (world.isLogUnavailable) throw new Error('unavailable');
          world.logged.push(...events);
        },
      },
      queue: {
        send: async (event) => {
          await Promise.resolve();
          if (world.queue === 'sent') world.queued.push(event);
          return world.queue;
        },
      },
      deliveries,
      breaker: new CircuitBreaker({ failuresToOpen: 1_000, cooldownMilliseconds: 0 }),
      monotonicNow: () => world.now,
      log: { warn: say, error: say },
    },
    newOwner: randomUUID,
    now: () => world.now,
    log: { warn: say, error: say },
    writeMetrics: (line) => world.metrics.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { world, scripts, deliveries, handler };
}

/** An event of Stripe, as in its documentation. */
export function stripeEvent(id: string, type = 'payment_intent.succeeded', object: object = { id: 'pi_1' }) {
  return JSON.stringify({ id, object: 'event', type, data: { object } });
}

export interface CallOptions {
  /** @default as Stripe would sign it at `now` */
  readonly signature?: string;
  readonly origin?: string;
  readonly isBase64Encoded?: boolean;
}

/** The API's event of one delivery by Stripe. */
export function stripeCall(body: string | Buffer, now: number, options: CallOptions = {}): object {
  const bytes = Buffer.from(body);
  const time = String(Math.floor(now / 1_000));
  const signature = options.signature ?? `t=${time},v1=${stripeSignature(stripeSecret, time, bytes)}`;
  const headers = {
    [requestHeaders.originSecret]: options.origin ?? originSecret,
    'stripe-signature': signature,
  };
  return httpEvent('POST /api/payments/webhook', headers, bytes, options.isBase64Encoded ?? false);
}

export function httpEvent(
  routeKey: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  isBase64Encoded = false,
): object {
  return {
    version: '2.0',
    routeKey,
    headers,
    requestContext: { requestId: 'request-1', http: { method: 'POST' } },
    body: body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}
