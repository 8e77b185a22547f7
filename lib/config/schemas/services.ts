import { z } from 'zod';
import { isListenerPriority } from '../rules/listener-priority.ts';

const whole = z.number({ error: 'Give a whole number.' }).int();
const minutes = (max: number) =>
  whole.min(1, 'Give at least 1 minute.').max(max, `Give at most ${max} minutes.`);

/**
 * For how long a deployment is watched after its traffic has moved, before the old tasks go. Always said: ECS waits 3
 * hours after a rolling deployment and 36 after any other by itself, and CloudFormation gives up after 36.
 */
const bakeMinutes = minutes(1_440).default(10);

/**
 * How new tasks take over from old ones. `rolling` replaces them one by one. `canary` moves a part of the calls, waits,
 * and moves the rest; `blueGreen` moves all of them at once; both keep the old tasks until the bake time is over.
 */
export const deployment = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('rolling'), bakeMinutes }),
    z.strictObject({
      kind: z.literal('canary'),
      stepPercent: z
        .number({ error: 'Give a number.' })
        .min(0.1, 'ECS moves at least 0.1 percent.')
        .max(99.9, 'Give less than 100 percent, or use blueGreen.')
        .multipleOf(0.1, 'ECS takes tenths of a percent.')
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

/** A second deployment of the service, for callers of the cohort `canary`; everybody else stays with the first. */
export const canary = z.strictObject({
  tasks: taskRange.default({ min: 1, max: 2 }),
});

/** How the load balancer hands requests to the targets of a service, whatever they are. */
export const balancing = {
  balancing: z.enum(['round_robin', 'least_outstanding_requests', 'weighted_random']).default('round_robin'),
  /**
   * For this long a new target gets a growing share instead of its full one. The load balancer takes 30 to 900 seconds,
   * with round robin only ("Slow start mode", Application Load Balancer guide).
   */
  slowStartSeconds: whole
    .min(30, 'Give at least 30 seconds, or leave it out.')
    .max(900, 'Give at most 900 seconds.')
    .optional(),
  /** A caller stays with one target, by a cookie of the load balancer's, for at most a week. */
  stickiness: z
    .strictObject({
      seconds: whole.min(1, 'Give at least 1 second.').max(604_800, 'Give at most 604800 seconds, a week.'),
    })
    .optional(),
  listenerPriority: whole
    .refine(isListenerPriority, 'Give an even number from 1000 to 50000.')
    // A service whose name gives it the priority of another needs one of its own.
    .optional(),
  deregistrationDelaySeconds: whole
    .min(0, 'Give no less than 0.')
    .max(3_600, 'Give at most 3600 seconds.')
    .default(30),
};

/** Variables of a task that come from the Secrets Manager: the secret `gatehouse/ENVIRONMENT/NAME`. */
export const secrets = z
  .record(
    z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'Name a variable in capital letters.'),
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9/-]*$/, 'Name a secret in lower-case letters, digits, hyphens and slashes.'),
  )
  .default({});
