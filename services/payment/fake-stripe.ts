import { Hono } from 'hono';
import type { Database, Queries } from '../platform/database/database.ts';
import type { IntentStatus, PaymentIntent } from './provider.ts';

/** The tables of the stand-in, as statements of the payment service's migrations. */
export const fakeStripeTables: readonly string[] = [
  `create table fake_calls (
    key text primary key,
    request text not null,
    answer json
  )`,
  `create table fake_intents (
    id text primary key,
    intent json not null
  )`,
];

interface FakeResponse {
  readonly status: 200 | 400 | 402 | 404;
  readonly body: object;
}

type Form = Readonly<Record<string, string>>;

/** A call that changes something. */
interface FakeWrite {
  readonly queries: Queries;
  /** The id in the path; empty for a path without one. */
  readonly id: string;
  readonly form: Form;
  /** A new id with this prefix, such as `pi_1f0c`. */
  readonly newId: (prefix: string) => string;
}

/** Stripe's test card that is always declined (https://docs.stripe.com/testing). */
const declinedCard = 'pm_card_chargeDeclined';

/** The write calls, by path. */
const writes: Readonly<Record<string, (call: FakeWrite) => Promise<FakeResponse>>> = {
  '/v1/payment_intents': createIntent,
  '/v1/payment_intents/:id/confirm': confirmIntent,
  '/v1/payment_intents/:id/cancel': cancelIntent,
  '/v1/refunds': createRefund,
};

/**
 * A stand-in for Stripe's API of payment intents and refunds, stored in the payment service's tables. It lets a local run
 * and an environment without a Stripe account take orders. It does not pay by itself: a confirmed intent is `processing`,
 * and a signed webhook brings the outcome. The stand-in does not receive webhooks, so it refunds an intent in any state.
 */
export function fakeStripe(database: Database, newId: () => string): (request: Request) => Promise<Response> {
  const newPrefixedId = (prefix: string) => `${prefix}_${newId().replaceAll('-', '')}`;
  const app = new Hono();
  app.get('/v1/payment_intents/:id', async (c) => {
    const id = c.req.param('id');
    const intent = await load(database, id);
    return intent === null ? c.json(intentNotFound(id).body, 404) : c.json(intent);
  });
  for (const [path, run] of Object.entries(writes)) {
    app.post(path, async (c) => {
      const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
      const key = c.req.header('idempotency-key') ?? newId();
      const request = JSON.stringify([c.req.path, form]);
      const { body, status } = await database.transaction(async (transaction) => {
        const repeated = await takeKey(transaction, key, request);
        if (repeated !== null) return repeated;
        const id = c.req.param('id') ?? '';
        const response = await run({ queries: transaction, id, form, newId: newPrefixedId });
        await transaction.query('update fake_calls set answer = $2 where key = $1', [
          key,
          JSON.stringify(response),
        ]);
        return response;
      });
      return c.json(body, status);
    });
  }
  return async (request) => await app.fetch(request);
}

async function createIntent({ queries, form, newId }: FakeWrite): Promise<FakeResponse> {
  const amount = Number(form['amount']);
  if (!Number.isSafeInteger(amount) || amount < 1) {
    return refusal('parameter_invalid_integer', `Invalid integer: ${form['amount']}`, 'amount');
  }
  const id = newId('pi');
  const intent: PaymentIntent & { readonly object: string } = {
    id,
    object: 'payment_intent',
    amount,
    amount_received: 0,
    currency: form['currency'] ?? 'eur',
    client_secret: newId(`${id}_secret`),
    status: 'requires_payment_method',
    metadata: { order_id: form['metadata[order_id]'] ?? '' },
  };
  await save(queries, intent);
  return { status: 200, body: intent };
}

async function confirmIntent({ queries, id, form }: FakeWrite): Promise<FakeResponse> {
  const intent = await load(queries, id);
  if (intent === null) return intentNotFound(id);
  if (!isOpen(intent.status)) return unexpectedState('confirm', intent);
  return form['payment_method'] === declinedCard
    ? cardDeclined(intent)
    : await changeStatus(queries, intent, 'processing');
}

async function cancelIntent({ queries, id }: FakeWrite): Promise<FakeResponse> {
  const intent = await load(queries, id);
  if (intent === null) return intentNotFound(id);
  return intent.status === 'canceled'
    ? unexpectedState('cancel', intent)
    : await changeStatus(queries, intent, 'canceled');
}

async function createRefund({ queries, form, newId }: FakeWrite): Promise<FakeResponse> {
  const id = form['payment_intent'] ?? '';
  const intent = await load(queries, id);
  if (intent === null) return intentNotFound(id);
  const { amount, currency } = intent;
  return {
    status: 200,
    body: { id: newId('re'), object: 'refund', amount, currency, payment_intent: id, status: 'succeeded' },
  };
}

/** Stores a call under its key. Returns the first response for a repeated call, and an error for another call. */
async function takeKey(queries: Queries, key: string, request: string): Promise<FakeResponse | null> {
  const inserted = await queries.query(
    'insert into fake_calls (key, request) values ($1, $2) on conflict do nothing returning key',
    [key, request],
  );
  if (inserted.length > 0) return null;
  const [known] = await queries.query<{ request: string; answer: FakeResponse }>(
    'select request, answer from fake_calls where key = $1',
    [key],
  );
  return known === undefined || known.request === request
    ? (known?.answer ?? null)
    : {
        status: 400,
        body: {
          error: {
            type: 'idempotency_error',
            message: 'Keys for idempotent requests can only be used with the same parameters.',
          },
        },
      };
}

async function save(queries: Queries, intent: PaymentIntent): Promise<void> {
  await queries.query(
    'insert into fake_intents (id, intent) values ($1, $2) on conflict (id) do update set intent = excluded.intent',
    [intent.id, JSON.stringify(intent)],
  );
}

async function load(queries: Queries, id: string): Promise<PaymentIntent | null> {
  const [row] = await queries.query<{ intent: PaymentIntent }>(
    'select intent from fake_intents where id = $1',
    [id],
  );
  return row?.intent ?? null;
}

async function changeStatus(
  queries: Queries,
  intent: PaymentIntent,
  status: IntentStatus,
): Promise<FakeResponse> {
  const changed = { ...intent, status };
  await save(queries, changed);
  return { status: 200, body: changed };
}

function isOpen(status: IntentStatus): boolean {
  return status !== 'canceled' && status !== 'succeeded' && status !== 'processing';
}

function cardDeclined(intent: PaymentIntent): FakeResponse {
  return {
    status: 402,
    body: {
      error: {
        type: 'card_error',
        code: 'card_declined',
        message: 'Your card was declined.',
        payment_intent: intent,
      },
    },
  };
}

function unexpectedState(verb: string, intent: PaymentIntent): FakeResponse {
  return {
    status: 400,
    body: {
      error: {
        type: 'invalid_request_error',
        code: 'payment_intent_unexpected_state',
        message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
        payment_intent: intent,
      },
    },
  };
}

function intentNotFound(id: string): FakeResponse {
  return {
    ...refusal('resource_missing', `No such payment_intent: '${id}'`, 'intent'),
    status: 404,
  };
}

function refusal(code: string, message: string, param: string): FakeResponse {
  return { status: 400, body: { error: { type: 'invalid_request_error', code, message, param } } };
}
