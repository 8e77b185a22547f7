import { z } from 'zod';

/** A sender of signed webhooks, such as a payment provider. */
export const webhookSchema = z.strictObject({
  description: z.string().min(1, 'Describe in one sentence who sends what.'),
  /** Path that the sender posts to. No other route may use it. */
  path: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'Write the path without parameters, such as /api/payments/webhook.'),
  /** Signature format: that of Stripe, or of the Standard Webhooks specification. */
  format: z.enum(['stripe', 'standard']),
  /** Topic that receives the events. */
  topic: z.literal('payments.webhook', 'Use payments.webhook, the topic of webhook events.'),
  /** Dotted paths in the body. The first one that is a string is the key by which events keep their order. */
  orderBy: z.array(z.string().regex(/^[^.]+(\.[^.]+)*$/, 'Write a path such as data.object.id.')).default([]),
  /**
   * Allowed difference between the sender's clock and the gateway's, in both directions. Both formats recommend five
   * minutes.
   */
  toleranceSeconds: z.number().int().min(60, 'Give at least 60.').max(600, 'Give at most 600.').default(300),
});
