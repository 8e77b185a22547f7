import { z } from 'zod';
import type { DeepReadonly } from '../parse.ts';
import { compositionSchema } from './compositions.ts';
import { localProgram, ownImage, variables } from './containers.ts';
import { partnerRoute, partnerRouteKey } from './partner-api.ts';
import { routing } from './routing.ts';
import { balancing, canary, deployment, secrets } from './services.ts';
import { topicName, topicSchema } from './topics.ts';
import { webhookSchema } from './webhooks.ts';

/**
 * Default maximum body size in KiB. `runtime/contracts/gateway-contract.ts` has the same value for functions and
 * services; a test compares the two.
 */
export const defaultBodyKiB = 64;

const seconds = (max: number) =>
  z.number({ error: 'Give a number of seconds.' }).int().min(0).max(max, `Give at most ${max} seconds.`);

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,23}$/,
    'Names are lower-case letters, digits and hyphens, at most 24 characters.',
  );

/**
 * Permissions are colon-separated segments. In a grant, `*` matches one segment and `**` all segments that follow.
 */
const permission = z
  .string()
  .regex(/^[a-z0-9-]+(:[a-z0-9-]+)+$/, 'Write a permission as "resource:action" without empty segments.');

/**
 * Health checks of the requirements: every 30 s, timeout 5 s, healthy after 2 successes, unhealthy after 3 failures.
 */
const healthCheck = z
  .strictObject({
    path: z.string().startsWith('/', 'Begin the health check path with "/".').default('/health'),
    matcher: z.string().default('200'),
    intervalSeconds: seconds(300).default(30),
    timeoutSeconds: seconds(120).default(5),
    healthyThreshold: count.default(2),
    unhealthyThreshold: count.default(3),
  })
  .refine((check) => check.timeoutSeconds < check.intervalSeconds, {
    error: 'The timeout must be shorter than the interval. Lower timeoutSeconds.',
  });

/** Autoscaling of the requirements: cooldown of 60 s when scaling out and of 300 s when scaling in. */
const scaling = z.strictObject({
  cpuPercent: count.max(100, 'Give at most 100 percent.').default(70),
  memoryPercent: count.max(100, 'Give at most 100 percent.').default(80),
  requestsPerTargetPerMinute: count.default(6_000),
  outCooldownSeconds: seconds(3_600).default(60),
  inCooldownSeconds: seconds(3_600).default(300),
});

const fargateService = z.strictObject({
  kind: z.literal('fargate'),
  /** Purpose of the service, for dashboards and descriptions. */
  description: z.string().min(1, 'Say in one sentence what the service does.'),
  /** Role of the shop's image that the task runs. A service of your own has `image` instead. */
  role: name.optional(),
  image: ownImage.optional(),
  /** Replaces the command of the image. */
  command: z.array(z.string()).min(1, 'Give the program and its arguments.').optional(),
  environment: variables,
  /** What answers for a service with an image in the local run. */
  local: localProgram.optional(),
  /**
   * Names of other services that this service calls. Its tasks receive the address of each as `<NAME>_URL`.
   */
  calls: z.array(z.string()).default([]),
  /** Whether the service stores data in the environment's PostgreSQL database. */
  database: z.boolean().default(false),
  /** Whether the service runs scripts in the gateway's limit store. */
  limitStore: z.boolean().default(false),
  port: count.max(65_535, 'Give a TCP port.').default(8080),
  cpu: z
    .literal(
      [256, 512, 1024, 2048, 4096],
      'Give 256, 512, 1024, 2048 or 4096 units, the task sizes of Fargate.',
    )
    .default(256),
  memoryMiB: count.default(512),
  scaling: scaling.prefault({}),
  healthCheck: healthCheck.prefault({}),
  ...balancing,
  deployment: deployment.prefault({ kind: 'rolling' }),
  canary: canary.optional(),
  secrets,
  /** How long callers of this service wait for its answer. */
  callTimeoutSeconds: seconds(29).min(1, 'Give at least 1 second.').default(5),
  /**
   * Topics that the service's tasks may write to and read from. The consumer group has the name of the service.
   */
  produces: z.array(z.string()).default([]),
  consumes: z.array(z.string()).default([]),
});

/** A service on existing servers (EC2, Kubernetes) at the IP addresses in the environment's `addresses`. */
const ipService = z.strictObject({
  kind: z.literal('ip'),
  description: z.string().min(1, 'Say in one sentence what the service does.'),
  port: count.max(65_535, 'Give a TCP port.').default(8080),
  healthCheck: healthCheck.prefault({}),
  ...balancing,
});

const externalService = z.strictObject({
  kind: z.literal('external'),
  description: z.string().min(1, 'Say in one sentence what the service does.'),
});

/** A Lambda function of the gateway, in the folder of `lambda/` that has the name of the service. */
const functionService = z.strictObject({
  kind: z.literal('function'),
  description: z.string().min(1, 'Say in one sentence what the service does.'),
});

/** Lambda functions that answer routes of the catalogue. */
export const functionServices = ['revocation'] as const;

const service = z.discriminatedUnion('kind', [fargateService, ipService, externalService, functionService], {
  error:
    'Give kind "fargate" (a container of this application), "ip" (servers at known addresses), "external" (the URL of a third party) or "function" (a Lambda function of the gateway).',
});

const rate = z.strictObject({
  /** Sustained rate: this many requests every `periodSeconds`. */
  requests: count,
  periodSeconds: count.max(86_400, 'Give at most one day; longer periods are quotas of a plan.').default(60),
  /** Size of the bucket: how many requests are admitted at once after a pause. */
  burst: count,
});

const limit = rate.extend({
  /** Requests with the same value of this attribute share one counter. */
  by: z.enum(['address', 'user', 'client', 'key']),
  /** Counts and reports, but refuses no request. Use it to observe a limit before you enforce it. */
  shadow: z.boolean().default(false),
});

const plan = z.strictObject({
  /** Requests in a month (UTC calendar month, or from the client's anniversary on); null is unlimited. */
  requestsPerMonth: count.nullable(),
  /** Bytes of requests and answers in a month; null is unlimited. */
  bytesPerMonth: count.nullable(),
  /** Rate over all routes. Without it, only the limits of the routes apply. */
  rate: rate.optional(),
});

const cache = z.strictObject({
  seconds: seconds(86_400).min(1, 'Give at least 1 second, or remove cache.'),
  staleWhileRevalidateSeconds: seconds(86_400).default(0),
  staleIfErrorSeconds: seconds(604_800).default(0),
});

const route = z.strictObject({
  /** Target of the route: an entry of `services`, or of `compositions`. */
  service: z.string().optional(),
  composition: z.string().optional(),
  /**
   * `anonymous`: every caller; credentials are ignored. `optional`: every caller; a credential, if given, must be
   * valid. `authenticated`: every caller with a valid credential (a token, an API key or a message signature). A
   * permission: a valid credential that carries it.
   */
  access: z.union([z.literal('anonymous'), z.literal('optional'), z.literal('authenticated'), permission], {
    error:
      'Give "anonymous", "optional", "authenticated" or a permission written "resource:action" without empty segments.',
  }),
  /** Accepts only a message signature (RFC 9421) over method, target and body as credential. */
  signature: z.literal('required', 'Give "required" or leave it out.').optional(),
  /**
   * One or several entries of `limits`. A request passes only if every limit has capacity; otherwise it is charged to
   * none.
   */
  limit: z.union([z.string(), z.array(z.string()).min(1).max(4)], {
    error: 'Give the name of a limit, or a list of one to four names.',
  }),
  /** Units that one request takes from each of its limits and from the plan's rate. */
  cost: count.default(1),
  /** Timeout of the integration. An HTTP API allows 30 s; one second is reserved for the answer. */
  timeoutSeconds: z
    .number()
    .int()
    .min(1, 'Give at least 1 second.')
    .max(29, 'An HTTP API answers within 30 s: give at most 29 seconds, or make the operation asynchronous.')
    .default(10),
  /**
   * Maximum body size, enforced by the edge, by compositions and by the service. A Lambda integration accepts 6 MB,
   * base64 included.
   */
  maxBodyKiB: count
    .max(4_096, 'Give at most 4096; the payload of a Lambda function is limited to 6 MB.')
    .default(defaultBodyKiB),
  /**
   * While the limit store is unavailable: `open` applies an approximate limit per instance, `closed` answers 503.
   */
  onLimitStoreFailure: z.enum(['open', 'closed']).default('open'),
  /** Caches successful answers at the edge for all callers. For public answers only. */
  cache: cache.optional(),
  /**
   * Whether a GET also serves HEAD (RFC 9110 section 9.3.2). HEAD is a separate route of the HTTP API and counts
   * towards its quota.
   */
  head: z.boolean().default(true),
  /** Only addresses of this entry of the environment's `addressLists` may call the route. */
  addresses: z.string().optional(),
  ...routing,
});

const oneTarget = (entry: { service?: string | undefined; composition?: string | undefined }) =>
  (entry.service === undefined) !== (entry.composition === undefined);

const routeKey = z
  .string()
  .regex(
    /^(GET|POST|PUT|PATCH|DELETE) (\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))*\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\+?\})$/,
    'Write a route as "METHOD /path/{parameter}"; only the last segment may be greedy ("{rest+}").',
  );

export const catalogueSchema = z.strictObject({
  services: z.record(name, service),
  limits: z.record(name, limit),
  plans: z.record(name, plan),
  /** Plan of authenticated callers whose token names no plan. */
  defaultPlan: z.string(),
  /** Routes of the public API, keyed by the route key of the HTTP API: `METHOD /path/{parameter}`. */
  routes: z.record(
    routeKey,
    route.refine(oneTarget, { error: 'Give exactly one of "service" and "composition".' }),
  ),
  /** Routes of the partner API, a REST API; keyed by `METHOD /partner/path/{parameter}`. */
  partnerRoutes: z.record(partnerRouteKey, partnerRoute).default({}),
  /** Answers that combine several services; a route refers to one with `composition`. */
  compositions: z.record(name, compositionSchema).default({}),
  /** Senders of signed webhooks, each with a dedicated path. */
  webhooks: z.record(name, webhookSchema).default({}),
  /** Kafka topics. The type of an event is the name of its topic. */
  topics: z.record(topicName, topicSchema).default({}),
  /** CORS headers and methods for the environment's origins, besides those that the gateway sets. */
  cors: z
    .strictObject({
      requestHeaders: z
        .array(z.string())
        .default([
          'authorization',
          'content-type',
          'idempotency-key',
          'if-match',
          'if-none-match',
          'if-unmodified-since',
          'prefer',
          'traceparent',
          'tracestate',
          'x-api-key',
          'x-api-version',
        ]),
      responseHeaders: z.array(z.string()).default([]),
      maxAgeSeconds: seconds(86_400).default(3_600),
    })
    .prefault({}),
  /**
   * Path that the load balancer answers itself, without a decision. It shows that the path to the load balancer works.
   */
  healthPath: z.string().startsWith('/', 'Begin the health path with "/".'),
});

/** The parsed catalogue: everything that the gateway serves, in every environment. */
export type Catalogue = DeepReadonly<z.output<typeof catalogueSchema>>;
/** The content of `catalogue.ts`, in which entries with a default can be omitted. */
export type CatalogueInput = z.input<typeof catalogueSchema>;
export type Service = Catalogue['services'][string];
export type FargateService = Extract<Service, { kind: 'fargate' }>;
export type IpService = Extract<Service, { kind: 'ip' }>;
export type Route = Catalogue['routes'][string];
export type Composition = Catalogue['compositions'][string];
export type Webhook = Catalogue['webhooks'][string];
export type PartsComposition = Extract<Composition, { kind: 'merge' | 'plain' }>;
