import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** Number of brokers: a multiple of the zones, checked with the environment. @default - the figure of `capacity` */
const brokers = count.max(30, 'Give at most 30, the default quota of an MSK cluster.').optional();

/**
 * Number of the network's zones that have brokers, from the first zone on. Topics have one replica in each zone, and a write is
 * acknowledged by all zones but one: 3 and 2, or 2 and 1. With two zones, the loss of a broker's volume while the other
 * broker is down loses events (docs/adr/0044-brokers-in-two-zones.md). A created cluster keeps its zones.
 */
const zones = z
  .int({ error: 'Give a whole number.' })
  .min(2, 'Give 2 or 3: MSK needs at least two zones.')
  .default(3);

/**
 * Maximum partitions per broker that AWS recommends, replicas included
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
  .regex(/^\d+\.\d+\.[\dx]+(\.kraft)?$/, 'Give a version in the format of `aws kafka list-kafka-versions`.')
  .default('3.9.x');

/**
 * Pollers of the functions' Kafka event sources. `provisioned`: always running, 0.185 USD an hour for up to ten, with
 * retries by count and age. `on-demand`: the default pollers of Lambda, without such retries
 * (docs/adr/0038-pollers-and-connections.md).
 */
const pollers = z
  .enum(['provisioned', 'on-demand'], { error: 'Give "provisioned" or "on-demand".' })
  .default('provisioned');

/**
 * The event log. `serverless`: MSK Serverless, whose topics a function creates. `express`: MSK with Express brokers,
 * which need no storage sizing. `standard`: MSK with brokers whose volumes grow automatically. `existing`: an existing
 * log (`msk:<cluster ARN>`, `kafka://host:port` or `file:///folder`).
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
        /**
         * Initial storage of each broker in GiB. It grows up to `maxStorageGb` when 60 % is used, and never shrinks.
         */
        storageGb: count,
        maxStorageGb: count.max(16_384, 'Give at most 16384 GiB, the maximum of an MSK broker.'),
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
