import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { eventText } from '../../runtime/events/event-text.ts';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { parseEvent } from '../../runtime/events/parse-event.ts';
import { realDependencies, startReceiving } from '../../runtime/events/testing/event-logs.ts';
import { standardSignature, stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';
import { scratchFolder } from '../support/scratch.ts';
import {
  openWebhookEndpoint,
  origin,
  secret,
  signedEvent,
  standardSecret,
  topic,
  type WebhookEndpoint,
} from '../support/webhook-endpoint.ts';

/** JSON numbers that JavaScript's `number` would change, and other numbers that RFC 8259 section 6 allows. */
const exactNumbers = ['9007199254740993', '10.00', '1e400', '-0', '1E+2', '0.10', '-12345678901234567890.5'];
const digits = fc.stringMatching(/^\d{1,30}$/);
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(?:0|[1-9]\d{0,30})$/),
    fc.option(
      digits.map((each) => `.${each}`),
      { nil: '' },
    ),
    fc.option(
      fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), digits).map((parts) => parts.join('')),
      { nil: '' },
    ),
  )
  .map((parts) => parts.join(''));

describe("a webhook's JSON numbers", () => {
  test('reach the event log unchanged, directly and through the fallback queue', async () => {
    const log = await openEventLog(`file:${scratchFolder('webhook-numbers')}`, realDependencies);
    const state = { isLogUnavailable: false };
    const endpoint = await openWebhookEndpoint(
      {
        produce: async (name, events) => {
          if (state.isLogUnavailable) throw new Error('unavailable');
          await log.produce(name, events);
        },
      },
      scratchFolder('webhook-number-queues'),
    );
    const numbers = [...exactNumbers, ...fc.sample(number, { seed: 1, numRuns: 100 })].join(',');
    for (const id of ['evt_at_once', 'evt_by_queue']) {
      state.isLogUnavailable = id === 'evt_by_queue';
      const answer = await endpoint.receiver(
        signedEvent(`{"id":"${id}","type":"x","amounts":[${numbers}],"data":{"object":{"id":"${id}"}}}`),
      );
      expect(answer.statusCode).toBe(200);
    }
    state.isLogUnavailable = false;
    while (await endpoint.drainOnce());
    const reception = await startReceiving(log, randomUUID(), [topic]);
    await reception.received(2);
    await reception.stop();
    expect(endpoint.counts.get('WebhookFallbacks')).toBe(1);
    expect(reception.values().map((value) => JSON.parse(value) as CloudEvent)).toMatchObject([
      { id: 'evt_at_once' },
      { id: 'evt_by_queue' },
    ]);
    for (const value of reception.values()) expect(value).toContain(`"amounts":[${numbers}]`);
    await Promise.all([endpoint.close(), log.close()]);
  });
});

const texts = fc.oneof(
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '\uFFFE\uFFFF',
    '-',
    'x'.repeat(5_000),
    '\u2028',
    '__proto__',
    '9'.repeat(13),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.uuid(),
);
const values = fc.oneof(texts, fc.constantFrom(null, 1, true, -1e300), fc.anything({ maxDepth: 2 }));
const json = (value: unknown) => JSON.stringify(value) ?? '';
const bodies = fc.oneof(
  { weight: 4, arbitrary: fc.record({ id: fc.uuid(), type: texts, data: values }).map(json) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        id: values,
        type: values,
        data: fc.record({ object: fc.record({ id: values, more: values }) }),
      })
      .map(json),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'null',
      '[]',
      '{',
      '{"id":"\\u0000"}',
      '{"id":"\\ud800"}',
      '{"__proto__":{"id":"a"}}',
      '['.repeat(100_000),
      `{"id":"a","b":${'['.repeat(63)}${']'.repeat(63)}}`,
      'x'.repeat(262_145),
    ),
  },
);
/** Signatures, most of them valid. */
const signatures = fc.oneof(
  { weight: 6, arbitrary: fc.constant('right' as const) },
  { weight: 1, arbitrary: fc.record({ seconds: fc.integer({ min: -700, max: 700 }) }) },
  { weight: 1, arbitrary: texts },
  {
    weight: 1,
    arbitrary: fc.constantFrom('t=', 't=1,v1=', 't=1,t=2,v1=aa', 'v1,', 'v1,!!', ','.repeat(9_000)),
  },
);
const call = fc.record({
  routeKey: fc.constantFrom('POST /webhook', 'POST /standard-webhook'),
  body: bodies,
  signature: signatures,
  id: fc.oneof(fc.uuid(), texts),
  extra: fc.dictionary(fc.string({ unit: 'binary', maxLength: 12 }), values, { maxKeys: 4 }),
  origin: fc.oneof({ weight: 9, arbitrary: fc.constant(origin) }, { weight: 1, arbitrary: texts }),
  isBase64Encoded: fc.boolean(),
  isLogUnavailable: fc.boolean(),
});
type Call = typeof call extends fc.Arbitrary<infer Value> ? Value : never;

/** The API's event of a call, signed over the bytes that the function receives. */
function apiEvent({ routeKey, body, signature, id, extra, origin: from, isBase64Encoded }: Call): object {
  const text = isBase64Encoded ? Buffer.from(body).toString('base64') : body.toString();
  const bytes = Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8');
  const skewSeconds = typeof signature === 'object' ? signature.seconds : 0;
  const time = String(Math.floor(Date.now() / 1_000) + skewSeconds);
  const isMade = signature === 'right' || typeof signature === 'object';
  const stripe = isMade ? `t=${time},v1=${stripeSignature(secret, time, bytes)}` : signature;
  const standard = isMade ? `v1,${standardSignature(standardSecret, id, time, bytes) ?? ''}` : signature;
  const headers = {
    ...extra,
    [requestHeaders.originSecret]: from,
    ...(routeKey === 'POST /webhook'
      ? { 'stripe-signature': stripe }
      : { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': standard }),
  };
  return { routeKey, headers, body: text, isBase64Encoded };
}

describe('the webhook receiver', () => {
  const state = { isLogUnavailable: false, logged: [] as CloudEvent[] };
  let endpoint: WebhookEndpoint;
  beforeAll(async () => {
    endpoint = await openWebhookEndpoint(
      {
        produce: async (_, events) => {
          if (state.isLogUnavailable) throw new Error('unavailable');
          state.logged.push(...events);
        },
      },
      scratchFolder('hostile-webhook-queues'),
    );
  });
  afterAll(() => endpoint.close());

  /** Delivers an event, then makes the log available and drains the queue. Returns the answer and the logged events. */
  async function deliver(event: object, isLogUnavailable: boolean) {
    state.logged.length = 0;
    state.isLogUnavailable = isLogUnavailable;
    const { statusCode, body } = await endpoint.receiver(event);
    state.isLogUnavailable = false;
    while (await endpoint.drainOnce());
    const { outcome } = JSON.parse(body) as { readonly outcome?: string };
    return { statusCode, outcome, logged: [...state.logged] };
  }

  test('never answers with a 5xx, publishes an accepted webhook once and a refused one never', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(call, async (given) => {
        const event = apiEvent(given);
        const first = await deliver(event, given.isLogUnavailable);
        expect(first.statusCode).toBeLessThan(500);
        expect(first.logged).toHaveLength(first.outcome === 'accepted' ? 1 : 0);
        for (const each of first.logged) {
          const text = eventText(each);
          expect(parseEvent(text).kind).toBe('event');
          expect(text).not.toContain('\n');
        }
        const again = await deliver(event, false);
        expect(again.statusCode).toBe(first.statusCode);
        expect(again.outcome).toBe(first.outcome === 'accepted' ? 'duplicate' : first.outcome);
        expect(again.logged).toEqual([]);
        accepted += first.logged.length;
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(20);
    expect(endpoint.errors).toEqual([]);
  }, 120_000);

  test('neither throws nor answers with a 5xx for any value as an event', async () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({ routeKey: fc.constant('POST /webhook'), headers: fc.anything(), body: fc.anything() }),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (event) => {
        const { statusCode } = await endpoint.receiver(event);
        expect(statusCode).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    expect(endpoint.errors).toEqual([]);
  });
});
