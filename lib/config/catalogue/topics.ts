import type { CatalogueInput } from '../schemas/catalogue.ts';

/** The longest that a consumer may be down without losing events. */
const weekHours = 7 * 24;

/** What happens in the shop and at its doors, each in its order by key. */
export const topics: NonNullable<CatalogueInput['topics']> = {
  'orders.created': { description: 'An order was placed.', retentionHours: weekHours },
  'orders.payment_succeeded': { description: "An order's payment went through.", retentionHours: weekHours },
  'orders.payment_failed': {
    description: "An order's payment did not go through.",
    retentionHours: weekHours,
  },
  'orders.confirmed': { description: 'An order is paid and its stock committed.', retentionHours: weekHours },
  'orders.failed': {
    description: 'An order is over without having been confirmed.',
    retentionHours: weekHours,
  },
  'inventory.updated': {
    description: "A product's stock has changed.",
    partitions: 12,
    retentionHours: weekHours,
  },
  'payments.webhook': {
    description: 'What a payment provider has said, as it said it.',
    // To be replayed a month later, when a fault is found by the accounts.
    retentionHours: 30 * 24,
  },
  'gateway.access-log': {
    description: "A line of the APIs' access logs.",
    partitions: 12,
    // Its long-term copy is in CloudWatch Logs.
    retentionHours: 72,
  },
};
