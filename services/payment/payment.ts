import type { Money } from '../money.ts';

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly amount: Money;
  readonly method: 'card' | 'bank-transfer';
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface PaymentStore {
  get(id: string): Promise<Payment | null>;
}

/** Payments in this process alone, lost with it. */
export function createMemoryPaymentStore(seed: readonly Payment[]): PaymentStore {
  const payments = new Map(seed.map((payment) => [payment.id, payment]));
  return {
    async get(id) {
      return payments.get(id) ?? null;
    },
  };
}
