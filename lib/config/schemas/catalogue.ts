import { z } from 'zod';
import type { DeepReadonly } from '../parse.ts';
import { compositionSchema } from './compositions.ts';
import { partnerRoute, partnerRouteKey } from './partner-api.ts';
import { routing } from './routing.ts';
import { balancing, canary, deployment, secrets } from './services.ts';
import { topicName, topicSchema } from './topics.ts';
import { webhookSchema } from './webhooks.ts';

/** Kibibytes; `runtime/contracts/gateway-contract.ts` has the same for functions and services, and a test compares the two. */
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

/** Permissions are colon-separated segments; in a grant `*` stands for one segment, `**` for the whole tail. */
const permission = z
  .string()
  .regex(/^[a-z0-9-]+(:[a-z0-9-]+)+$/, 'Write a permission as "resource:action"; no segment may be empty.');

/** The seeds' health checks: 30 s apart, 5 s to answer, 2 good to come in, 3 bad to go out. */
const healthCheck = z
  .strictObject({
    path: z.string().startsWith('/', 'A health check path begins with "/".').default('/health'),
    matcher: z.string().default('200'),
    intervalSeconds: seconds(300).default(30),
    timeoutSeconds: seconds(120).default(5),
    healthyThreshold: count.default(2),
    unhealthyThreshold: count.default(3),
  })
  .refine((check) => check.timeoutSeconds < check.intervalSeconds, {
    error: 'The time-out must be shorter than the interval. Lower timeoutSeconds.',
  });

/** Scale out after 60 s, in after 300 s, as the seeds' autoscalers do. */
const scaling = z.strictObject({
  cpuPercent: count.max(100, 'Give at most 100 percent.').default(70),
  memoryPercent: count.max(100, 'Give at most 100 percent.').default(80),
  requestsPerTargetPerMinute: count.default(6_000),
  outCooldownSeconds: seconds(3_600).default(60),
  inCooldownSeconds: seconds(3_600).default(300),
});

const fargateService = z.strictObject({
  kind: z.literal('fargate'),
  /** What the service's task does, for dashboards and descriptions. */
  description: z.string().min(1, 'Say in one sentence what the service does.'),
  /** The role of the reference store's image that the task runs. */
  role: name,
  /** Other services that it calls, by name: its task learns the address of each as `<NAME>_URL`. */
  calls: z.array(z.string()).default([]),
  /** It keeps its data in the environment's PostgreSQL database. */
  database: z.boolean().default(false),
  /** It runs scripts in the store that the gateway keeps its limits in. */
  limitStore: z.boolean().default(false),
  port: count.max(65_535, 'Give a TCP port.').default(8080),
  cpu: z
    .literal([256, 512, 1024, 2048, 4096], 'Fargate sells 256, 512, 1024, 2048 or 4096 units.')
    .default(256),
  memoryMiB: count.default(512),
  scaling: scaling.prefault({}),
  healthCheck: healthCheck.prefault({}),
  ...balancing,
  deployment: deployment.prefault({ kind: 'rolling' }),
  canary: canary.optional(),
  secrets,
  /** How long another service waits for an answer of this one. */
  callTimeoutSeconds: seconds(29).min(1, 'Give at least 1 second.').default(5),
  /** Topics that its tasks may write to and read from; its group of readers has the service's name. */
  produces: z.array(z.string()).default([]),
  consumes: z.array(z.string()).default([]),
});

/**
 * Servers that are there already, on EC2 or in Kubernetes: the environment's `addresses` say where. Their port and
 * health are all the gateway knows of them.
 */
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

/** A function of the gateway's own, in the folder of `lambda/` that has the service's name. */
const functionService = z.strictObject({
  kind: z.literal('function'),
  description: z.string().min(1, 'Say in one sentence what the service does.'),
});

/** The functions that serve routes of their own. */
export const functionServices = ['revocation'] as const;

const service = z.discriminatedUnion('kind', [fargateService, ipService, externalService, functionService], {
  error:
    'Give kind "fargate" (a container of ours), "ip" (servers at known addresses), "external" (somebody\'s URL) or "function" (one of the gateway\'s own).',
});

const rate = z.strictObject({
  /** Sustained rate: this many requests in `periodSeconds`. */
  requests: count,
  periodSeconds: count.max(86_400, 'Give at most a day; longer terms are quotas of a plan.').default(60),
  /** How many requests are admitted at once after a pause (the bucket's size). */
  burst: count,
});

const limit = rate.extend({
  /** Whose requests are counted together. */
  by: z.enum(['address', 'user', 'client', 'key']),
  /** Judged and counted, but refuses nobody: to be watched before it is enforced. */
  shadow: z.boolean().default(false),
});

const plan = z.strictObject({
  /** Requests in a month (UTC, or from the client's anniversary on); null is unlimited. */
  requestsPerMonth: count.nullable(),
  /** Bytes in and out in that month; null is unlimited. */
  bytesPerMonth: count.nullable(),
  /** Over all routes; left out, only the routes' own limits hold. */
  rate: rate.optional(),
});

const cache = z.strictObject({
  seconds: seconds(86_400).min(1, 'Give at least 1 second, or leave cache out.'),
  staleWhileRevalidateSeconds: seconds(86_400).default(0),
  staleIfErrorSeconds: seconds(604_800).default(0),
});

const route = z.strictObject({
  /** Who answers: an entry of `services`, or one of `compositions`. */
  service: z.string().optional(),
  composition: z.string().optional(),
  /**
   * `anonymous`: anybody, identity is not looked at. `optional`: anybody, and a credential that is given must be valid.
   * `authenticated`: anybody with a valid credential: a token, an API key or a message signature. A permission: a valid
   * credential that carries it.
   */
  access: z.union([z.literal('anonymous'), z.literal('optional'), z.literal('authenticated'), permission], {
    error:
      'Give "anonymous", "optional", "authenticated" or a permission written "resource:action" without empty segments.',
  }),
  /** The only credential that will do is a message signature (RFC 9421) over method, target and body. */
  signature: z.literal('required', 'Give "required" or leave it out.').optional(),
  /** Name of an entry of `limits`, or several: all of them must have room, or none is touched. */
  limit: z.union([z.string(), z.array(z.string()).min(1).max(4)], {
    error: 'Give the name of a limit, or a list of one to four names.',
  }),
  /** What one request takes from each of its limits and from the plan's rate. */
  cost: count.default(1),
  /** Deadline of the integration. An HTTP API allows 30 s; one second is kept for the answer. */
  timeoutSeconds: z
    .number()
    .int()
    .min(1, 'Give at least 1 second.')
    .max(29, 'An HTTP API answers within 30 s: give at most 29 seconds, or make the work asynchronous.')
    .default(10),
  /**
   * Longest body: of the edge, of compositions and of the service, whose own document says the same. An integration with
   * a function carries 6 MB, base64 included.
   */
  maxBodyKiB: count.max(4_096, 'Give at most 4096; a function is called with 6 MB.').default(defaultBodyKiB),
  /** While the store is away: `open` serves under a local limiter, `closed` answers 503. */
  onLimitStoreFailure: z.enum(['open', 'closed']).default('open'),
  /** Public answers only: the edge serves them to everybody. */
  cache: cache.optional(),
  /**
   * Whether a GET also serves HEAD (RFC 9110 section 9.3.2). An HTTP API matches it apart from GET, so it takes a route of
   * the quota.
   */
  head: z.boolean().default(true),
  /** Only addresses of this list of the environment's `addressLists` may call. */
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
  /** The plan of an authenticated caller whose token names none. */
  defaultPlan: z.string(),
  /** Keyed by what the HTTP API calls the route key: `METHOD /path/{parameter}`. */
  routes: z.record(
    routeKey,
    route.refine(oneTarget, { error: 'Give exactly one of "service" and "composition".' }),
  ),
  /** The partner API, a REST API; keyed by `METHOD /partner/path/{parameter}`. */
  partnerRoutes: z.record(partnerRouteKey, partnerRoute).default({}),
  /** Answers made of several services'; a route names one by `composition`. */
  compositions: z.record(name, compositionSchema).default({}),
  /** Senders of signed events, each with a path of its own. */
  webhooks: z.record(name, webhookSchema).default({}),
  /** What events are kept under; an event's type names its topic. */
  topics: z.record(topicName, topicSchema).default({}),
  /** What browsers of the environment's origins may send and read, besides what the gateway itself says. */
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
  /** Answered by the load balancer itself, without a decision: the way to it is alive. */
  healthPath: z.string().startsWith('/', 'The health path begins with "/".'),
});

/** The parsed catalogue: what the gateway serves, in every environment. */
export type Catalogue = DeepReadonly<z.output<typeof catalogueSchema>>;
/** What is written in `catalogue.ts`: defaults may be left out. */
export type CatalogueInput = z.input<typeof catalogueSchema>;
export type Service = Catalogue['services'][string];
export type FargateService = Extract<Service, { kind: 'fargate' }>;
export type IpService = Extract<Service, { kind: 'ip' }>;
export type Route = Catalogue['routes'][string];
export type Composition = Catalogue['compositions'][string];
export type Webhook = Catalogue['webhooks'][string];
export type PartsComposition = Extract<Composition, { kind: 'merge' | 'plain' }>;
