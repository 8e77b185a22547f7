import type { Queries } from '../platform/database/database.ts';
import { idempotencyTables } from '../platform/database/database-idempotency.ts';
import { firstMessageTables, laterMessageTables } from '../platform/outbox/message-tables.ts';
import { fakeStripeTables } from './fake-stripe.ts';
import type { Payment, PaymentStatus } from './payment.ts';

/** The statements that create the tables of the payment service. */
export const paymentTables: readonly string[] = [
  `create table payments (
    id text primary key,
    order_id text not null unique,
    user_id text not null,
    status text not null,
    amount bigint not null,
    currency text not null,
    method text not null,
    created_at timestamptz not null,
    -- The provider's payment intent; null until the provider has created it.
    intent_id text unique,
    client_secret text
  )`,
  ...firstMessageTables,
  ...fakeStripeTables,
  ...laterMessageTables,
  ...idempotencyTables,
];

/** A payment and the provider's payment intent; null until the provider has created it. */
export interface StoredPayment extends Payment {
  readonly intent: { readonly id: string; readonly clientSecret: string } | null;
}

interface Row {
  readonly id: string;
  readonly order_id: string;
  readonly user_id: string;
  readonly status: PaymentStatus;
  readonly amount: string;
  readonly currency: string;
  readonly method: Payment['method'];
  readonly created_at: Date;
  readonly intent_id: string | null;
  readonly client_secret: string | null;
}

/** Inserts a payment, unless its order already has one. */
export async function insertPayment(queries: Queries, payment: Payment): Promise<void> {
  await queries.query(
    `insert into payments (id, order_id, user_id, status, amount, currency, method, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      payment.id,
      payment.orderId,
      payment.userId,
      payment.status,
      payment.amount.amount,
      payment.amount.currency,
      payment.method,
      payment.createdAt,
    ],
  );
}

export function getPayment(queries: Queries, id: string): Promise<StoredPayment | null> {
  return find(queries, 'id = $1', [id]);
}

export function paymentOfOrder(queries: Queries, orderId: string): Promise<StoredPayment | null> {
  return find(queries, 'order_id = $1', [orderId]);
}

/** Reads the payment of an order or of an intent, and locks its row until the transaction ends. */
export function lockPayment(
  transaction: Queries,
  by: { readonly orderId: string } | { readonly intentId: string },
): Promise<StoredPayment | null> {
  return 'orderId' in by
    ? find(transaction, 'order_id = $1 for update', [by.orderId])
    : find(transaction, 'intent_id = $1 for update', [by.intentId]);
}

export async function setIntent(
  queries: Queries,
  id: string,
  intent: { readonly id: string; readonly clientSecret: string },
): Promise<void> {
  await queries.query('update payments set intent_id = $2, client_secret = $3 where id = $1', [
    id,
    intent.id,
    intent.clientSecret,
  ]);
}

export async function setStatus(transaction: Queries, id: string, status: PaymentStatus): Promise<void> {
  await transaction.query('update payments set status = $2 where id = $1', [id, status]);
}

async function find(
  queries: Queries,
  condition: string,
  values: readonly unknown[],
): Promise<StoredPayment | null> {
  const [row] = await queries.query<Row>(`select * from payments where ${condition}`, values);
  if (row === undefined) return null;
  const { intent_id: intentId, client_secret: clientSecret } = row;
  return {
    id: row.id,
    orderId: row.order_id,
    userId: row.user_id,
    status: row.status,
    amount: { amount: Number(row.amount), currency: row.currency },
    method: row.method,
    createdAt: row.created_at.toISOString(),
    intent: intentId === null || clientSecret === null ? null : { id: intentId, clientSecret },
  };
}
