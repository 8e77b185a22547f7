import { z } from 'zod';
import type { DeepReadonly } from '../parse.ts';
import { quotas } from '../quotas.ts';
import { alarmsSchema, objectivesSchema } from './alarms.ts';
import { apiSchema } from './apis.ts';
import { awsRegion } from './aws-regions.ts';
import { regionalCertificateArn } from './certificates.ts';
import { edgeSchema } from './edge.ts';
import { eventsSchema } from './events.ts';
import { functionsSchema, schedule } from './functions.ts';
import { additionalOidc, hmac, oidc } from './issuers.ts';
import { partnerEnvironment } from './partner-api.ts';
import { taskRange } from './services.ts';
import { isLoopbackUrl, parsedUrl, secureUrl, url } from './urls.ts';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: 'Give an address range such as 203.0.113.0/24.' });

const webUrls = z.array(secureUrl).min(1, 'Give at least one URL.');

/** A Cognito user pool with hosted sign-in pages. */
const cognito = z.strictObject({
  kind: z.literal('cognito'),
  /** Prefix of the sign-in domain, unique in the region. */
  domainPrefix: z
    .string()
    .regex(/^[a-z0-9](-?[a-z0-9]){0,62}$/, 'Use lower-case letters, digits and hyphens.'),
  /** `optional`: users who have set up a second factor must give it. */
  mfa: z.enum(['off', 'optional', 'required']).default('optional'),
  /** Applications in which users sign in, by name. */
  applications: z.record(z.string(), z.strictObject({ callbackUrls: webUrls, logoutUrls: webUrls })),
  accessTokenMinutes: count
    .min(5, 'Give at least 5 minutes, the minimum of Cognito.')
    .max(1_440, 'Give at most one day.')
    .default(60),
});

const port = count.max(65_535, 'Give a TCP port.');
const imageTag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'Give a tag of the image repository, such as 2026-11-20.1.');

/** Pinned by digest, because a registry can move a tag. */
const collector = z.strictObject({
  image: z
    .string()
    .regex(
      /^[^\s:@]+(:[\w.-]+)?@sha256:[0-9a-f]{64}$/,
      'Pin the image by its digest: REPOSITORY:TAG@sha256:DIGEST, as `docker buildx imagetools inspect` prints it.',
    ),
  cpu: count.default(32),
  memoryMiB: count.min(64, 'Give at least 64 MiB, the minimum of the collector.').default(128),
  /**
   * Percentage of traces that begin at a service and are sampled. The default equals the rate of X-Ray's default rule
   * above its reservoir.
   */
  sampledPercent: z.number().min(0).max(100).default(5),
});

const raisedQuotas = z
  .strictObject({
    routesPerApi: count.min(quotas.routesPerApi, 'Give at least the default quota.'),
    rulesPerLoadBalancer: count.min(quotas.rulesPerLoadBalancer, 'Give at least the default quota.'),
    cacheBehavioursPerDistribution: count.min(
      quotas.cacheBehavioursPerDistribution,
      'Give at least the default quota.',
    ),
  })
  .partial()
  .default({});
/** Aurora capacity units in steps of 0.5. One unit is about 2 GiB of memory with a matching share of CPU. */
const auroraCapacity = z
  .number({ error: 'Give Aurora capacity units.' })
  .multipleOf(0.5, 'Give a multiple of 0.5.')
  .max(256, 'Give at most 256, the maximum of Aurora Serverless v2.');

/** Aurora PostgreSQL Serverless v2. Omitted figures come from the environment's `capacity`. */
const aurora = z.strictObject({
  kind: z.literal('aurora'),
  minAcu: auroraCapacity
    .min(0.5, 'Give at least 0.5: the outbox relays query every second, so the database never pauses.')
    .optional(),
  maxAcu: auroraCapacity.min(1, 'Give at least 1, the lowest maximum of Aurora Serverless v2.').optional(),
  /** Readers besides the writer, in other zones. A reader takes over when the writer fails. */
  readers: z.number().int().min(0).max(15, 'Give at most 15 readers, the maximum of Aurora.').optional(),
});

/** A password would be readable in the template, so only loopback addresses may have one. */
const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, error: 'Give a URL such as postgresql://user@host:5432/database.' })
  .refine((value) => (parsedUrl(value)?.password ?? '') === '' || isLoopbackUrl(value), {
    error: 'Remove the password: it would be readable in the template. Only a loopback address may have one.',
  });

export const environmentNames = ['local', 'dev', 'staging', 'prod'] as const;

const oneRegion = z.strictObject({
  name: z.enum(environmentNames),
  /** @default - the account of the deployment's credentials */
  account: z
    .string()
    .regex(/^\d{12}$/, 'Give the twelve digits of the account.')
    .optional(),
  region: awsRegion,
  /** Zone names, because a synth without credentials cannot look them up. */
  availabilityZones: z
    .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-f]$/, 'Give a zone such as eu-west-1a.'))
    .length(3, 'Name three zones.'),
  /**
   * Size of the shop in users (`capacity.ts`), which sets tasks, limit store, brokers, database and functions. Entries
   * below override single figures.
   */
  capacity: z.enum(['launch', '100k', '1m']).default('launch'),
  /** Quotas that AWS has raised for the account, by the names in `lib/config/quotas.ts`. */
  quotas: raisedQuotas,
  network: z.strictObject({
    cidr,
    natGateways: count.max(3, 'Give at most 3, one per zone.'),
    /**
     * Number of zones with interface endpoints for AWS APIs, each about 8 USD a month. Other zones reach them across
     * zones, and lose access if the endpoints' zones fail. With 0, these calls use the NAT gateways, and the brokers of
     * on-demand pollers are in subnets with a route to them; a created cluster keeps its subnets.
     */
    endpointZones: z.int().min(0, 'Give at least 0.').max(3, 'Give at most 3, one per zone.').default(3),
  }),

  /** Issuer of user tokens: an existing OpenID Connect issuer, or a Cognito user pool of this application. */
  identity: z.discriminatedUnion('kind', [oidc, cognito]),
  /** Additional issuers whose tokens are accepted, such as a partner's, and the claims that each may use. */
  otherIssuers: z.array(z.discriminatedUnion('kind', [additionalOidc, hmac])).default([]),

  /**
   * The limit store: a cache of this application, or an existing one (`redis://`, or `rediss://` with TLS).
   */
  limitStore: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('serverless'),
      maxStorageGb: count.optional(),
      maxEcpuPerSecond: count
        .min(1_000, 'Give at least 1000 ECPU per second, the minimum of ElastiCache Serverless.')
        .optional(),
    }),
    z.strictObject({
      kind: z.literal('nodes'),
      nodeType: z
        .string()
        .regex(/^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'Give a node type such as cache.r7g.large.'),
      shards: count.max(500, 'Give at most 500 shards, the maximum of a cluster.').optional(),
      replicasPerShard: z
        .number()
        .int()
        .min(0)
        .max(5, 'Give at most 5 replicas, the maximum of a shard.')
        .optional(),
    }),
    z.strictObject({ kind: z.literal('existing'), url }),
  ]),

  events: eventsSchema,

  /**
   * The database of orders and payments: an Aurora PostgreSQL cluster of this application, or an existing database.
   */
  database: z.discriminatedUnion('kind', [
    aurora,
    z.strictObject({ kind: z.literal('existing'), url: databaseUrl }),
  ]),

  /**
   * Payment provider: Stripe, whose key is in an existing secret, or a simulated provider that charges nobody.
   */
  payments: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('stripe'),
        /** Name of the secret in Secrets Manager. Its value is the plain key, `sk_…` or `rk_…`. */
        secretName: z.string().min(1, 'Name the secret.'),
        baseUrl: secureUrl.default('https://api.stripe.com'),
      }),
      z.strictObject({ kind: z.literal('fake') }),
    ])
    .default({ kind: 'fake' }),

  functions: functionsSchema,

  services: z.strictObject({
    /**
     * Tag of the shop's image that the tasks run. The repository's tags are immutable: each build has a new one.
     * `-c imageTag=TAG` overrides it for one deployment.
     */
    imageTag,
    /** Image tags of canary deployments by service. @default - `imageTag` */
    canaryImageTags: z.record(z.string(), imageTag).default({}),
    /** Tasks of every service that `tasksByService` does not name. @default - the figures of `capacity` */
    tasks: taskRange.optional(),
    tasksByService: z.record(z.string(), taskRange).default({}),
    /** Multiplies the minimum tasks of every service at these times. */
    schedules: z.record(z.string(), schedule).default({}),
    /**
     * Percentage of tasks on Fargate Spot, which is cheaper but stops tasks with two minutes' notice. Not allowed in
     * prod.
     */
    spotPercent: z
      .number()
      .int()
      .min(0, 'Give no less than 0.')
      .max(100, 'Give at most 100 percent.')
      .default(0),
    /**
     * Allows operators to open a shell in a task (ECS Exec). Its agent needs a writable root file system. Not allowed
     * in prod.
     */
    exec: z.boolean().default(false),
    /** OpenTelemetry collector, a sidecar that shares each task's CPU and memory. */
    collector: collector.optional(),
  }),

  /** Addresses of the catalogue's services of kind `ip`. */
  addresses: z
    .record(
      z.string(),
      z
        .array(z.strictObject({ address: z.ipv4({ error: 'Give an IPv4 address.' }), port: port.optional() }))
        .min(1, 'Give at least one address.'),
    )
    .default({}),

  /** Base URLs of the catalogue's services of kind `external`. */
  externals: z.record(z.string(), secureUrl),

  /** Named address ranges that routes of the catalogue refer to with `addresses`. */
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
  /** `retain` keeps data and protects stacks from deletion; `destroy` is for temporary environments. */
  data: z.enum(['retain', 'destroy']),
  /**
   * With `data: 'retain'`: stacks, tables, databases and the load balancer are protected from deletion. `-c
   * deletionProtection=false` disables it for one deployment. Use it for the first one, so that a failed creation can
   * be rolled back and repeated.
   */
  deletionProtection: z.boolean().default(true),
});

const { shape } = oneRegion;

/** A region besides the first one, with its overrides of the environment's entries. */
const furtherRegion = z.strictObject({
  region: shape.region,
  availabilityZones: shape.availabilityZones,
  network: shape.network,
  /** ACM certificate in this region for the shared domain and its subdomains. */
  apiCertificateArn: regionalCertificateArn,
  capacity: shape.capacity.unwrap().optional(),
  limitStore: shape.limitStore.optional(),
  events: shape.events.optional(),
  database: shape.database.optional(),
  functions: shape.functions.optional(),
  services: shape.services.optional(),
  addresses: shape.addresses.unwrap().optional(),
});

/** Size and location of one environment. What the gateway serves is in the catalogue. */
export const environmentSchema = z.strictObject({
  ...shape,
  /** Further regions; each has everything except the edge. */
  regions: z.array(furtherRegion).default([]),
  /**
   * How the edge chooses a region. `failover`: the first region while it is healthy. `latency`: the nearest healthy
   * region; all regions share clients, but each counts limits separately (docs/architecture.md).
   */
  regionRouting: z.enum(['failover', 'latency']).default('failover'),
});

/** The parsed environment. */
export type Environment = DeepReadonly<z.output<typeof environmentSchema>>;
/** The content of `environments/NAME.ts`, in which entries with a default can be omitted. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
export type EnvironmentName = (typeof environmentNames)[number];
