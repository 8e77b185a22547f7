import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyProviderEvent, type PaymentStatus, type ProviderEvent } from './payment.ts';

const news: fc.Arbitrary<ProviderEvent> = fc.constantFrom(
  { kind: 'succeeded' },
  { kind: 'failed', reason: 'card_declined' },
  { kind: 'canceled' },
);

function after(all: readonly ProviderEvent[]): { readonly status: PaymentStatus; readonly told: string[] } {
  let status: PaymentStatus = 'pending';
  const told: string[] = [];
  for (const one of all) {
    const change = applyProviderEvent(status, one);
    if (change === null) continue;
    status = change.status;
    if (change.publish !== null) told.push(change.publish);
  }
  return { status, told };
}

test('success wins in whatever order news come, and is told once', () => {
  fc.assert(
    fc.property(fc.array(news, { maxLength: 8 }), (all) => {
      const { status, told } = after(all);
      const succeeded = all.some(({ kind }) => kind === 'succeeded');
      expect(status === 'succeeded').toBe(succeeded);
      expect(told.filter((type) => type === 'orders.payment_succeeded')).toHaveLength(succeeded ? 1 : 0);
      // A failure is told once at most, and never after the success.
      expect(told.filter((type) => type === 'orders.payment_failed').length).toBeLessThanOrEqual(1);
      expect(told.slice(told.indexOf('orders.payment_succeeded') + 1)).toEqual(succeeded ? [] : told);
    }),
  );
});

test('nothing follows a refund', () => {
  fc.assert(
    fc.property(news, (one) => {
      expect(applyProviderEvent('refunded', one)).toBeNull();
    }),
  );
});
