import { z } from 'zod';
import type { DeepReadonly } from './parse.ts';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');
const url = z.url({ error: 'Give a full URL with its scheme.' });

/** Tokens leave our trust at this address, so it must be https; a laptop's loopback is the exception. */
const secureUrl = url.refine(
  (value) => value.startsWith('https://') || ['127.0.0.1', 'localhost'].includes(new URL(value).hostname),
  { error: 'Use https; plain http is for loopback addresses only.' },
);

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: 'Give an address range such as 203.0.113.0/24.' });

const tasks = z
  .strictObject({ min: count, max: count })
  .refine((range) => range.min <= range.max, { error: 'min must not exceed max. Swap them.' });

export const environmentNames = ['local', 'dev', 'staging', 'prod'] as const;

/** How big, how many and where: nothing here says what the gateway does. */
export const environmentSchema = z.strictObject({
  name: z.enum(environmentNames),
  /** Left out, the credentials of the deployment decide. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'Give the twelve digits of the account.')
    .optional(),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Give a region such as eu-west-1.'),
  /** Named, because a synth without credentials cannot ask for them. */
  availabilityZones: z.array(z.string()).length(3, 'Name three zones.'),
  network: z.strictObject({ cidr, natGateways: count.max(3, 'One per zone is the most.') }),

  /** Who signs the tokens: any OpenID Connect issuer. */
  identity: z.strictObject({
    issuer: secureUrl,
    jwksUri: secureUrl,
    audience: z.string().min(1, 'Give the audience that tokens must carry.'),
    algorithms: z.array(z.enum(['RS256', 'ES256', 'EdDSA'])).min(1, 'Allow at least one algorithm.'),
  }),

  /** Where limits live: a cache made here, or one that is there (`redis://` or, with TLS, `rediss://`). */
  store: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('serverless'),
      maxStorageGb: count,
      maxEcpuPerSecond: count.min(1_000, 'ElastiCache Serverless starts at 1000 ECPU per second.'),
    }),
    z.strictObject({ kind: z.literal('existing'), url }),
  ]),

  /** Where events go: a broker made here, or a log that is there (`kafka://host:port` or `file:///folder`). */
  events: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('serverless') }),
    z.strictObject({ kind: z.literal('existing'), url: z.string().min(1, 'Give the URL of the event log.') }),
  ]),

  functions: z.strictObject({
    memoryMiB: count.min(128, 'Lambda starts at 128 MiB.'),
    /** So that nothing else in the account starves the authorizer. Left out: the account's pool. */
    reservedConcurrency: count.optional(),
    provisionedConcurrency: count.optional(),
  }),

  services: z.strictObject({
    /** Tag of the store's image that the tasks run. */
    imageTag: z.string().min(1, 'Give the image tag to run.'),
    tasks,
    /** Per service, where it differs from `tasks`. */
    tasksOf: z.record(z.string(), tasks).default({}),
  }),

  /** Base URLs of the catalogue's `external` services. */
  externals: z.record(z.string(), secureUrl),

  /** Named ranges that the catalogue's routes refer to by `addresses`. */
  addressLists: z.record(z.string(), z.array(cidr)),

  edge: z.strictObject({
    priceClass: z.enum(['100', '200', 'all']),
    /** The store's own domain. Left out, CloudFront's name and certificate serve. */
    domain: z
      .strictObject({
        name: z.hostname({ error: 'Give a host name such as api.store.example.' }),
        certificateArn: z
          .string()
          .regex(
            /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/.+$/,
            'Give a certificate of ACM in us-east-1.',
          ),
      })
      .optional(),
    /** All requests of one address in five minutes before the firewall answers 429. */
    requestsPerAddress: count.min(10, 'WAF rate rules start at 10.'),
    /** Requests of one address to anonymous routes in one minute before the firewall answers 429. */
    anonymousRequestsPerAddress: count.min(10, 'WAF rate rules start at 10.'),
    /** Managed rule groups only count, to be watched before they block. */
    managedRules: z.enum(['count', 'block']),
  }),

  /** Browser origins that may call the API. */
  corsOrigins: z.array(secureUrl).min(1, 'Name at least one origin.'),

  logs: z.strictObject({
    retentionDays: z.literal(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 400],
      'Use a retention that CloudWatch Logs offers.',
    ),
  }),
  alarms: z.strictObject({ emails: z.array(z.email({ error: 'Give an email address.' })).default([]) }),
  /** `retain` keeps data and refuses to delete stacks; `destroy` is for environments that come and go. */
  data: z.enum(['retain', 'destroy']),
});

/** The parsed environment. */
export type Environment = DeepReadonly<z.output<typeof environmentSchema>>;
/** What is written in `environments/NAME.ts`. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
export type EnvironmentName = (typeof environmentNames)[number];
