import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyProviderEvent, type PaymentStatus, type ProviderEvent } from './payment.ts';

const providerEvent: fc.Arbitrary<ProviderEvent> = fc.constantFrom(
  { kind: 'succeeded' },
  { kind: 'failed', reason: 'card_declined' },
  { kind: 'canceled' },
);

function apply(events: readonly ProviderEvent[]): {
  readonly status: PaymentStatus;
  readonly published: string[];
} {
  let status: PaymentStatus = 'pending';
  const published: string[] = [];
  for (const event of events) {
    const change = applyProviderEvent(status, event);
    if (change === null) continue;
    status = change.status;
    if (change.publish !== null) published.push(change.publish);
  }
  return { status, published };
}

test('ends as succeeded after any success, and publishes the success once', () => {
  fc.assert(
    fc.property(fc.array(providerEvent, { maxLength: 8 }), (events) => {
      const { status, published } = apply(events);
      const succeeded = events.some(({ kind }) => kind === 'succeeded');
      expect(status === 'succeeded').toBe(succeeded);
      expect(published.filter((type) => type === 'orders.payment_succeeded')).toHaveLength(succeeded ? 1 : 0);
      // A failure is published once at most, and never after the success.
      expect(published.filter((type) => type === 'orders.payment_failed').length).toBeLessThanOrEqual(1);
      expect(published.slice(published.indexOf('orders.payment_succeeded') + 1)).toEqual(
        succeeded ? [] : published,
      );
    }),
  );
});

test('ignores every event after a refund', () => {
  fc.assert(
    fc.property(providerEvent, (event) => {
      expect(applyProviderEvent('refunded', event)).toBeNull();
    }),
  );
});
