import { z } from 'zod';
import type { DeepReadonly } from '../parse.ts';
import { quotas } from '../rules/quota-rules.ts';
import { alarmsSchema, objectivesSchema } from './alarms.ts';
import { apiSchema } from './apis.ts';
import { regionalCertificateArn } from './certificates.ts';
import { edgeSchema } from './edge.ts';
import { eventsSchema } from './events.ts';
import { functionsSchema, schedule } from './functions.ts';
import { additionalOidc, hmac, oidc } from './issuers.ts';
import { partnerEnvironment } from './partner-api.ts';
import { taskRange } from './services.ts';
import { isLoopback, secureUrl, url } from './urls.ts';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: 'Give an address range such as 203.0.113.0/24.' });

const webUrls = z.array(secureUrl).min(1, 'Give at least one URL.');

/** A user pool of Cognito with its sign-in pages. */
const cognito = z.strictObject({
  kind: z.literal('cognito'),
  /** First label of the sign-in pages' domain, which nobody else in the region may have. */
  domainPrefix: z
    .string()
    .regex(/^[a-z0-9](-?[a-z0-9]){0,62}$/, 'Use lower-case letters, digits and hyphens.'),
  /** `optional`: who has set up a second factor is asked for it. */
  mfa: z.enum(['off', 'optional', 'required']).default('optional'),
  /** Applications in which users sign in, by name. */
  applications: z.record(z.string(), z.strictObject({ callbackUrls: webUrls, logoutUrls: webUrls })),
  accessTokenMinutes: count
    .min(5, 'Cognito starts at 5 minutes.')
    .max(1_440, 'Give at most a day.')
    .default(60),
});

const port = count.max(65_535, 'Give a TCP port.');
const imageTag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'Give a tag of the image repository, such as 2026-11-20.1.');

/** Pinned by digest: a registry can move a tag. */
const collector = z.strictObject({
  image: z
    .string()
    .regex(
      /^[^\s:@]+(:[\w.-]+)?@sha256:[0-9a-f]{64}$/,
      'Pin the image by its digest: REPOSITORY:TAG@sha256:DIGEST, as `docker buildx imagetools inspect` prints it.',
    ),
  cpu: count.default(32),
  memoryMiB: count.min(64, 'The collector needs 64 MiB at least.').default(128),
  /** Of the traces that begin at a service; the default is what X-Ray's own rule takes beside its reservoir. */
  sampledPercent: z.number().min(0).max(100).default(5),
});

const raisedQuotas = z
  .strictObject({
    routesPerApi: count.min(quotas.routesPerApi, 'A raise is no less than the default.'),
    rulesPerLoadBalancer: count.min(quotas.rulesPerLoadBalancer, 'A raise is no less than the default.'),
    cacheBehavioursPerDistribution: count.min(
      quotas.cacheBehavioursPerDistribution,
      'A raise is no less than the default.',
    ),
  })
  .partial()
  .default({});
/** A capacity unit of Aurora is about 2 GiB of memory with its share of processor; they are sold in halves. */
const auroraCapacity = z
  .number({ error: 'Give Aurora capacity units.' })
  .multipleOf(0.5, 'Aurora capacity comes in steps of 0.5.')
  .max(256, 'Aurora Serverless v2 ends at 256.');

/** Aurora PostgreSQL Serverless v2. What is left out, the environment's size says. */
const aurora = z.strictObject({
  kind: z.literal('aurora'),
  minAcu: auroraCapacity
    .min(0.5, 'Give at least 0.5: the relays ask every second, so it would never pause.')
    .optional(),
  maxAcu: auroraCapacity.min(1, 'Aurora Serverless v2 needs at least 1 at the most.').optional(),
  /** Besides the writer, in other zones: they take over when it fails. */
  readers: z.number().int().min(0).max(15, 'Aurora has at most 15 readers.').optional(),
});

/** A password would be readable in the template, so only a laptop's database may have one here. */
const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, error: 'Give a URL such as postgresql://user@host:5432/database.' })
  .refine((value) => new URL(value).password === '' || isLoopback(new URL(value).hostname), {
    error: 'Leave the password out: it would be in the template. Only a loopback address may have one.',
  });

export const environmentNames = ['local', 'dev', 'staging', 'prod'] as const;

const oneRegion = z.strictObject({
  name: z.enum(environmentNames),
  /** Left out, the credentials of the deployment decide. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'Give the twelve digits of the account.')
    .optional(),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Give a region such as eu-west-1.'),
  /** Named, because a synth without credentials cannot ask for them. */
  availabilityZones: z.array(z.string()).length(3, 'Name three zones.'),
  /**
   * How many users the shop is sized for (`capacity.ts`): tasks, store, brokers, database and functions. Whatever an
   * entry below says itself holds instead.
   */
  capacity: z.enum(['launch', '100k', '1m']).default('launch'),
  /** Quotas that AWS has raised for the account, by the names of `quotas.ts`. */
  quotas: raisedQuotas,
  network: z.strictObject({
    cidr,
    natGateways: count.max(3, 'One per zone is the most.'),
    /**
     * In how many zones the interface endpoints of AWS's APIs stand, each about 8 USD a month. From the others they are
     * reached across zones, and not at all while theirs is down. With 0 these calls go by the NAT gateways, and the
     * brokers of on-demand pollers are in subnets with a route to them; a created cluster keeps its subnets.
     */
    endpointZones: z.int().min(0, 'Give at least 0.').max(3, 'One per zone is the most.').default(3),
  }),

  /** Who signs the tokens: an issuer that is there, or a user pool of Cognito that is made here. */
  identity: z.discriminatedUnion('kind', [oidc, cognito]),
  /** Whose tokens count besides, such as a partner's, and what they may say. */
  otherIssuers: z.array(z.discriminatedUnion('kind', [additionalOidc, hmac])).default([]),

  /** Where limits live: a cache made here, or one that is there (`redis://` or, with TLS, `rediss://`). */
  limitStore: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('serverless'),
      maxStorageGb: count.optional(),
      maxEcpuPerSecond: count.min(1_000, 'ElastiCache Serverless starts at 1000 ECPU per second.').optional(),
    }),
    z.strictObject({
      kind: z.literal('nodes'),
      nodeType: z
        .string()
        .regex(/^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'Give a node type such as cache.r7g.large.'),
      shards: count.max(500, 'A cluster has at most 500 shards.').optional(),
      replicasPerShard: z.number().int().min(0).max(5, 'A shard has at most 5 replicas.').optional(),
    }),
    z.strictObject({ kind: z.literal('existing'), url }),
  ]),

  events: eventsSchema,

  /** Where orders and payments live: an Aurora PostgreSQL cluster made here, or a database that is there. */
  database: z.discriminatedUnion('kind', [
    aurora,
    z.strictObject({ kind: z.literal('existing'), url: databaseUrl }),
  ]),

  /** Who takes the shoppers' money: Stripe, by the key in a secret that is there, or a stand-in that takes none. */
  payments: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('stripe'),
        /** In Secrets Manager; its value is the key, `sk_…` or `rk_…`, as it is. */
        secretName: z.string().min(1, 'Name the secret.'),
        baseUrl: secureUrl.default('https://api.stripe.com'),
      }),
      z.strictObject({ kind: z.literal('fake') }),
    ])
    .default({ kind: 'fake' }),

  functions: functionsSchema,

  services: z.strictObject({
    /** Tag of the store's image that the tasks run. `-c imageTag=TAG` stands in for it in one deployment. */
    imageTag,
    /** Tags of the canary deployments, by service; one that is not named runs what all do. */
    canaryImageTags: z.record(z.string(), imageTag).default({}),
    /** Of every service that `tasksByService` does not name; left out, the capacity decides. */
    tasks: taskRange.optional(),
    tasksByService: z.record(z.string(), taskRange).default({}),
    /** Sets the fewest tasks of every service to so many times its own, at these times. */
    schedules: z.record(z.string(), schedule).default({}),
    /** Part of the tasks that runs on Fargate Spot: cheaper, and taken away at two minutes' notice. Not in prod. */
    spotPercent: z
      .number()
      .int()
      .min(0, 'Give no less than 0.')
      .max(100, 'Give at most 100 percent.')
      .default(0),
    /**
     * Lets operators open a shell in a task (ECS Exec). Its agent writes to the container's root, which is then not
     * read-only. Not in prod.
     */
    exec: z.boolean().default(false),
    /** An OpenTelemetry collector beside each service, which takes its part of the task's size. */
    collector: collector.optional(),
  }),

  /** Where the catalogue's `ip` services are. */
  addresses: z
    .record(
      z.string(),
      z
        .array(z.strictObject({ address: z.ipv4({ error: 'Give an IPv4 address.' }), port: port.optional() }))
        .min(1, 'Give at least one address.'),
    )
    .default({}),

  /** Base URLs of the catalogue's `external` services. */
  externals: z.record(z.string(), secureUrl),

  /** Named ranges that the catalogue's routes refer to by `addresses`. */
  addressLists: z.record(z.string(), z.array(cidr)),

  partner: partnerEnvironment.prefault({}),

  edge: edgeSchema,

  api: apiSchema.prefault({}),

  /** Browser origins that may call the API. */
  corsOrigins: z.array(secureUrl).min(1, 'Name at least one origin.'),

  logs: z.strictObject({
    retentionDays: z.literal(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 400],
      'Use a retention that CloudWatch Logs offers.',
    ),
  }),
  alarms: alarmsSchema,
  objectives: objectivesSchema.prefault({}),
  /** `retain` keeps data and refuses to delete stacks; `destroy` is for environments that come and go. */
  data: z.enum(['retain', 'destroy']),
  /**
   * With `data: 'retain'`: stacks, tables, databases and the load balancer refuse to be deleted. `-c deletionProtection=false`
   * turns it off in one deployment, the first: a creation that fails can then be rolled back and tried again.
   */
  deletionProtection: z.boolean().default(true),
});

const { shape } = oneRegion;

/** A region besides the first one: where, and whichever entries it has in words of its own. */
const furtherRegion = z.strictObject({
  region: shape.region,
  availabilityZones: shape.availabilityZones,
  network: shape.network,
  /** Of ACM, in this region: for the name of all and for the names below it. */
  apiCertificateArn: regionalCertificateArn,
  capacity: shape.capacity.unwrap().optional(),
  limitStore: shape.limitStore.optional(),
  events: shape.events.optional(),
  database: shape.database.optional(),
  functions: shape.functions.optional(),
  services: shape.services.optional(),
  addresses: shape.addresses.unwrap().optional(),
});

/** How big, how many and where: nothing here says what the gateway does. */
export const environmentSchema = z.strictObject({
  ...shape,
  /** Further regions, each with everything but the edge. */
  regions: z.array(furtherRegion).default([]),
  /**
   * Where the edge goes: `failover`, to the first region while it is healthy; `latency`, to the nearest healthy one, which
   * shares clients with the others and counts for itself (docs/architecture.md).
   */
  regionRouting: z.enum(['failover', 'latency']).default('failover'),
});

/** The parsed environment. */
export type Environment = DeepReadonly<z.output<typeof environmentSchema>>;
/** What is written in `environments/NAME.ts`. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
export type EnvironmentName = (typeof environmentNames)[number];
