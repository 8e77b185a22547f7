import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** A multiple of the number of zones, checked with the environment. Left out, the environment's size says. */
const brokers = count.max(30, 'MSK allows 30 brokers in a cluster unless asked for more.').optional();

/**
 * In how many of the network's zones the brokers are, from the first on. Topics have a replica in each, and a write is
 * acknowledged by all zones but one: 3 and 2, or 2 and 1. In two zones, the loss of a broker's volume while the other
 * broker is down loses events (docs/adr/0044-brokers-in-two-zones.md). A created cluster keeps its zones.
 */
const zones = z
  .int({ error: 'Give a whole number.' })
  .min(2, 'Give 2 or 3: MSK needs two zones at least.')
  .default(3);

/**
 * Partitions, their replicas among them, that AWS advises for one broker of a size at most
 * (https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html, and bestpractices-express.html).
 */
export const partitionsPerBroker = {
  'kafka.t3.small': 300,
  'kafka.m7g.large': 1_000,
  'kafka.m7g.xlarge': 1_000,
  'kafka.m7g.2xlarge': 2_000,
  'kafka.m7g.4xlarge': 4_000,
  'express.m7g.large': 1_000,
  'express.m7g.xlarge': 1_000,
  'express.m7g.2xlarge': 2_000,
  'express.m7g.4xlarge': 4_000,
} as const;

const kafkaVersion = z
  .string()
  .regex(/^\d+\.\d+\.[\dx]+(\.kraft)?$/, 'Give a version as `aws kafka list-kafka-versions` writes it.')
  .default('3.9.x');

/**
 * Who polls topics for functions. `provisioned`: pollers that are there all the time, 0.185 USD an hour for up to ten,
 * with retries by count and age. `on-demand`: Lambda's own, without either (docs/adr/0038-pollers-and-connections.md).
 */
const pollers = z
  .enum(['provisioned', 'on-demand'], { error: 'Give "provisioned" or "on-demand".' })
  .default('provisioned');

/**
 * Where events go. `serverless`: MSK Serverless, whose topics a function makes. `express`: MSK with Express brokers,
 * which need no storage sizing. `standard`: MSK with brokers on volumes that grow by themselves. `existing`: a log that
 * is there (`msk:<cluster ARN>`, `kafka://host:port` or `file:///folder`).
 */
export const eventsSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('serverless'), pollers }),
    z.strictObject({
      kind: z.literal('express'),
      brokerType: z.enum([
        'express.m7g.large',
        'express.m7g.xlarge',
        'express.m7g.2xlarge',
        'express.m7g.4xlarge',
      ]),
      brokers,
      kafkaVersion,
      pollers,
    }),
    z
      .strictObject({
        kind: z.literal('standard'),
        brokerType: z.enum([
          'kafka.t3.small',
          'kafka.m7g.large',
          'kafka.m7g.xlarge',
          'kafka.m7g.2xlarge',
          'kafka.m7g.4xlarge',
        ]),
        zones,
        brokers,
        kafkaVersion,
        pollers,
        /** Of each broker, at first; it grows to the most at 60 % and never shrinks. */
        storageGb: count,
        maxStorageGb: count.max(16_384, 'MSK gives a broker at most 16384 GiB.'),
      })
      .refine(({ storageGb, maxStorageGb }) => storageGb < maxStorageGb, {
        error: 'maxStorageGb must be more than storageGb. Raise it.',
      }),
    z.strictObject({
      kind: z.literal('existing'),
      url: z.string().min(1, 'Give the URL of the event log.'),
      pollers,
    }),
  ],
  { error: 'Give kind "serverless", "express", "standard" or "existing".' },
);
