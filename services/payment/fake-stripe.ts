import { type Context, Hono } from 'hono';
import type { Database, Queries } from '../platform/database/database.ts';
import type { IntentStatus, PaymentIntent } from './provider.ts';

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

interface FakeAnswer {
  readonly status: 200 | 400 | 402 | 404;
  readonly body: object;
}

/** Stripe's test card that is always refused (https://docs.stripe.com/testing). */
const declinedCard = 'pm_card_chargeDeclined';

/**
 * Answers as Stripe's API does for payment intents and refunds, from the payment service's own tables, so that a laptop
 * and an environment without an account at Stripe have a shop that works. It does not pay by itself: a confirmed intent
 * is `processing`, and a signed webhook brings the outcome. What it has not been told, such as that a webhook said
 * "succeeded", it does not know, and so refunds whatever intent there is.
 */
export function fakeStripe(database: Database, newId: () => string): (request: Request) => Promise<Response> {
  const app = new Hono();
  const write = (path: string, run: (c: Context, queries: Queries, form: Form) => Promise<FakeAnswer>) =>
    app.post(path, async (c) => {
      const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
      const key = c.req.header('idempotency-key') ?? newId();
      const request = JSON.stringify([c.req.path, form]);
      const answer = await database.transaction(async (transaction) => {
        const repeated = await takeKey(transaction, key, request);
        if (repeated !== null) return repeated;
        const fresh = await run(c, transaction, form);
        await transaction.query('update fake_calls set answer = $2 where key = $1', [
          key,
          JSON.stringify(fresh),
        ]);
        return fresh;
      });
      return c.json(answer.body, answer.status);
    });

  write('/v1/payment_intents', async (_, queries, form) => {
    const amount = Number(form['amount']);
    if (!Number.isSafeInteger(amount) || amount < 1) {
      return refusal('parameter_invalid_integer', `Invalid integer: ${form['amount']}`, 'amount');
    }
    const id = `pi_${newId().replaceAll('-', '')}`;
    const intent: PaymentIntent & { readonly object: string } = {
      id,
      object: 'payment_intent',
      amount,
      amount_received: 0,
      currency: form['currency'] ?? 'eur',
      client_secret: `${id}_secret_${newId().replaceAll('-', '')}`,
      status: 'requires_payment_method',
      metadata: { order_id: form['metadata[order_id]'] ?? '' },
    };
    await save(queries, intent);
    return { status: 200, body: intent };
  });

  app.get('/v1/payment_intents/:id', async (c) => {
    const intent = await load(database, c.req.param('id'));
    return intent === null ? c.json(notThere(c.req.param('id')).body, 404) : c.json(intent);
  });

  write('/v1/payment_intents/:id/confirm', async (c, queries, form) => {
    const intent = await load(queries, c.req.param('id') ?? '');
    if (intent === null) return notThere(c.req.param('id') ?? '');
    if (!isOpen(intent.status)) return unexpectedState('confirm', intent);
    if (form['payment_method'] === declinedCard) {
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
    return await change(queries, intent, 'processing');
  });

  write('/v1/payment_intents/:id/cancel', async (c, queries) => {
    const intent = await load(queries, c.req.param('id') ?? '');
    if (intent === null) return notThere(c.req.param('id') ?? '');
    return intent.status === 'canceled'
      ? unexpectedState('cancel', intent)
      : await change(queries, intent, 'canceled');
  });

  write('/v1/refunds', async (_, queries, form) => {
    const intent = await load(queries, form['payment_intent'] ?? '');
    if (intent === null) return notThere(form['payment_intent'] ?? '');
    const { id: payment_intent, amount, currency } = intent;
    return {
      status: 200,
      body: {
        id: `re_${newId().replaceAll('-', '')}`,
        object: 'refund',
        amount,
        currency,
        payment_intent,
        status: 'succeeded',
      },
    };
  });

  return async (request) => await app.fetch(request);
}

type Form = Readonly<Record<string, string>>;

/** Notes a call under its key. A repeated one gets its first answer; the same key for another call is refused. */
async function takeKey(queries: Queries, key: string, request: string): Promise<FakeAnswer | null> {
  const taken = await queries.query(
    'insert into fake_calls (key, request) values ($1, $2) on conflict do nothing returning key',
    [key, request],
  );
  if (taken.length > 0) return null;
  const [known] = await queries.query<{ request: string; answer: FakeAnswer }>(
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

async function change(queries: Queries, intent: PaymentIntent, status: IntentStatus): Promise<FakeAnswer> {
  const changed = { ...intent, status };
  await save(queries, changed);
  return { status: 200, body: changed };
}

function isOpen(status: IntentStatus): boolean {
  return status !== 'canceled' && status !== 'succeeded' && status !== 'processing';
}

function unexpectedState(verb: string, intent: PaymentIntent): FakeAnswer {
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

function notThere(id: string): FakeAnswer {
  return {
    ...refusal('resource_missing', `No such payment_intent: '${id}'`, 'intent'),
    status: 404,
  };
}

function refusal(code: string, message: string, param: string): FakeAnswer {
  return { status: 400, body: { error: { type: 'invalid_request_error', code, message, param } } };
}
