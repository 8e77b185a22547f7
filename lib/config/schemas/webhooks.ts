import { z } from 'zod';

/** Somebody who calls us when something has happened, and signs the call. */
export const webhookSchema = z.strictObject({
  description: z.string().min(1, 'Say in one sentence who sends what.'),
  /** Where the sender posts to; nothing else is served there. */
  path: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'Write the path without parameters, such as /api/payments/webhook.'),
  /** How the sender signs: as Stripe does, or as the Standard Webhooks specification says. */
  format: z.enum(['stripe', 'standard']),
  /** Where its events go. */
  topic: z.literal('payments.webhook', 'Give a topic whose events are webhooks: payments.webhook.'),
  /** Dotted paths of the body: the first that leads to a text is the key within which events stay in order. */
  orderBy: z.array(z.string().regex(/^[^.]+(\.[^.]+)*$/, 'Write a path such as data.object.id.')).default([]),
  /** How far the sender's clock may be from ours, both ways; both formats recommend five minutes. */
  toleranceSeconds: z.number().int().min(60, 'Give at least 60.').max(600, 'Give at most 600.').default(300),
});
