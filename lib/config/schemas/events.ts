import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** One in each zone at least, and as many in each. Left out, the environment's size says. */
const brokers = count
  .max(30, 'MSK allows 30 brokers in a cluster unless asked for more.')
  .multipleOf(3, 'Give a multiple of three: as many brokers in each zone.')
  .optional();

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
