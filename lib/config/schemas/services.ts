import { z } from 'zod';
import { isListenerPriority } from '../listener-priority.ts';

const whole = z.number({ error: 'Give a whole number.' }).int();
const minutes = (max: number) =>
  whole.min(1, 'Give at least 1 minute.').max(max, `Give at most ${max} minutes.`);

/**
 * How long the old tasks remain after the traffic has moved, so that alarms can roll the deployment back. Always
 * explicit: the default of ECS is 3 hours for a rolling deployment and 36 hours for any other, and CloudFormation times
 * out after 36 hours.
 */
const bakeMinutes = minutes(1_440).default(10);

/**
 * Deployment strategy. `rolling` replaces tasks one by one. `canary` shifts a percentage of the traffic, waits, and
 * shifts the rest. `blueGreen` shifts all traffic at once. The last two keep the old tasks until the bake time is over.
 */
export const deployment = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('rolling'), bakeMinutes }),
    z.strictObject({
      kind: z.literal('canary'),
      stepPercent: z
        .number({ error: 'Give a number.' })
        .min(0.1, 'Give at least 0.1 percent, the smallest step of ECS.')
        .max(99.9, 'Give less than 100 percent, or use blueGreen.')
        .multipleOf(0.1, 'Give a multiple of 0.1 percent.')
        .default(10),
      stepBakeMinutes: minutes(1_440).default(10),
      bakeMinutes,
    }),
    z.strictObject({ kind: z.literal('blueGreen'), bakeMinutes }),
  ],
  { error: 'Give kind "rolling", "canary" or "blueGreen".' },
);

export const taskRange = z
  .strictObject({
    min: whole.min(1, 'Give at least 1.'),
    max: whole.min(1, 'Give at least 1.'),
  })
  .refine((range) => range.min <= range.max, { error: 'min must not exceed max. Swap them.' });

/**
 * A second deployment of the service for callers in the cohort `canary`. All other callers use the first one.
 */
export const canary = z.strictObject({
  tasks: taskRange.default({ min: 1, max: 2 }),
});

/** Load balancing settings of a service, for every kind of target. */
export const balancing = {
  balancing: z.enum(['round_robin', 'least_outstanding_requests', 'weighted_random']).default('round_robin'),
  /**
   * Slow start: a new target receives a growing share of requests during this time. 30 to 900 seconds, with round robin
   * only ("Slow start mode", Application Load Balancer guide).
   */
  slowStartSeconds: whole
    .min(30, 'Give at least 30 seconds, or remove it.')
    .max(900, 'Give at most 900 seconds.')
    .optional(),
  /** Sticky sessions by a cookie of the load balancer, at most one week. */
  stickiness: z
    .strictObject({
      seconds: whole.min(1, 'Give at least 1 second.').max(604_800, 'Give at most 604800 seconds, one week.'),
    })
    .optional(),
  listenerPriority: whole
    .refine(isListenerPriority, 'Give an even number from 1000 to 50000.')
    // Needed only if the computed priority collides with that of another service.
    .optional(),
  deregistrationDelaySeconds: whole
    .min(0, 'Give no less than 0.')
    .max(3_600, 'Give at most 3600 seconds.')
    .default(30),
};

/**
 * Environment variables whose values come from Secrets Manager, from the secret `gatehouse/ENVIRONMENT/NAME`.
 */
export const secrets = z
  .record(
    z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'Name a variable in capital letters.'),
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9/-]*$/, 'Name a secret in lower-case letters, digits, hyphens and slashes.'),
  )
  .default({});
