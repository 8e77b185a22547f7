import type { CatalogueInput } from '../schemas/catalogue.ts';

/** How long a consumer may be down without losing events. */
const weekHours = 7 * 24;

/** Topics of the shop and of the gateway. Events with the same key keep their order. */
export const topics: NonNullable<CatalogueInput['topics']> = {
  'orders.created': { description: 'An order was placed.', retentionHours: weekHours },
  'orders.payment_succeeded': {
    description: 'The payment of an order succeeded.',
    retentionHours: weekHours,
  },
  'orders.payment_failed': {
    description: 'The payment of an order failed.',
    retentionHours: weekHours,
  },
  'orders.confirmed': { description: 'An order is paid and its stock committed.', retentionHours: weekHours },
  'orders.failed': {
    description: 'An order ended without being confirmed.',
    retentionHours: weekHours,
  },
  'inventory.updated': {
    description: 'The stock of a product changed.',
    partitions: 12,
    retentionHours: weekHours,
  },
  'payments.webhook': {
    description: 'A webhook of a payment provider, unchanged.',
    // Kept for a month, so that accounting can replay events after a fault.
    retentionHours: 30 * 24,
  },
  'gateway.access-log': {
    description: 'One line of the access log of an API.',
    partitions: 12,
    // The long-term copy is in CloudWatch Logs.
    retentionHours: 72,
  },
};
