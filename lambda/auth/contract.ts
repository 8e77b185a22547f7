/** What the authorizer and the templates agree on. Imports nothing but the shared contract. */
import type { DecisionName, IssuerPolicy } from '../../runtime/contracts/gateway-contract.ts';

/** Names of the function's environment variables, besides those of the store. */
export const env = {
  /** Id or name of the secret that the edge sends as `x-gw-origin-secret`. */
  originSecretId: 'ORIGIN_SECRET_ID',
  /** AppConfig's `application/environment/profile`, each by its name or id, that holds the runtime policy. */
  runtimePolicy: 'RUNTIME_POLICY',
  /** Seconds between two polls of it at least. */
  runtimePolicyPollSeconds: 'RUNTIME_POLICY_POLL_SECONDS',
  /** Table of what clients have used in a month, by which counters that the store has lost are rebuilt. */
  usageTable: 'USAGE_TABLE',
  /** Name of the secret that the hashes of API keys are made with. */
  keyPepperId: 'KEY_PEPPER_ID',
  /** Name of the table of clients and their keys. */
  clientsTable: 'CLIENTS_TABLE',
  /** Milliseconds that the limit store may cost a call; 50 where it is not set. A laptop under load needs more. */
  limitStoreBudgetMilliseconds: 'LIMIT_STORE_BUDGET_MILLISECONDS',
} as const;

/**
 * Metrics that the authorizer writes, in the shared namespace, all by `environment`. `Decisions` is by `decision` too,
 * `NearLimit` and `OverLimit` by `limit`, `ShadowOverLimit` by `shadowLimit`.
 */
export const metricNames = [
  'Decisions',
  /** At least four fifths of a limit are used. */
  'NearLimit',
  'OverLimit',
  /** Would have been refused by a limit in shadow. */
  'ShadowOverLimit',
  /** The store did not answer, or was spared; of that, not in time; of that, judged by the local limiter. */
  'LimitStoreFailures',
  'LimitStoreTimeouts',
  'FailOpen',
  /** Counters of the month that the store had lost, and that came back from the table or did not. */
  'QuotasRebuilt',
  'QuotaRebuildFailures',
  'RuntimePoliciesRejected',
  'RuntimePolicyPollFailures',
] as const;
export type MetricName = (typeof metricNames)[number];

/** The file beside the bundle that holds the compiled policy, the last known good one. */
export const policyFileName = 'policy.json';

/**
 * Keys of the authorizer's context, each always a non-empty string. Camel case, because a parameter mapping
 * expression allows no hyphen.
 */
export const contextKeys = [
  'decision',
  /** Machine-readable cause, for logs: `ok`, `token-expired`, `no-token`, … */
  'reason',
  'route',
  'service',
  'cohort',
  'userId',
  'userEmail',
  'userRole',
  'clientId',
  'clientAddress',
  /** Whom the store counts and revokes, for the function that does. */
  'caller',
  /** `Content-Digest` under a verified signature: who reads the body holds it against this first. */
  'contentDigest',
  'plan',
  /** Structured fields of draft-ietf-httpapi-ratelimit-headers. */
  'rateLimit',
  'rateLimitPolicy',
  /** Of the limit closest to its end: its burst, what is left of it, and seconds until it is whole again. */
  'limit',
  'remaining',
  'reset',
  /** Requests of the plan this month, what is left, and seconds until the next month; `unlimited` without one. */
  'quotaLimit',
  'quotaRemaining',
  'quotaReset',
  /** For the access log: bytes of the plan this month, and the day on which the caller's months begin. */
  'quotaBytes',
  'monthStartDay',
  /** Seconds, at least 1. Mapped onto 429 and 503 only. */
  'retryAfter',
  /** `WWW-Authenticate` of RFC 6750. Mapped onto 401, and added to 403. */
  'challenge',
  /** `Cache-Control` of a successful answer. */
  'cacheControl',
  /** The path that the service sees, mapped where the route rewrites; `/` elsewhere. */
  'path',
  'policyVersion',
] as const;
export type ContextKey = (typeof contextKeys)[number];

/** The authorizer's whole answer: `decision` is one of the load balancer's words. */
export type DecisionContext = Readonly<Record<Exclude<ContextKey, 'decision'>, string>> & {
  readonly decision: DecisionName;
};

export type Access =
  | { readonly kind: 'anonymous' }
  /** A token may be left out; one that is given must be valid. */
  | { readonly kind: 'optional' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'permission'; readonly permission: string };

export interface RoutePolicy {
  readonly service: string;
  readonly access: Access;
  /** Whether only a message signature (RFC 9421) will do as credential. */
  readonly signature: boolean;
  /** Names of entries of `limits`, at least one. */
  readonly limits: readonly string[];
  /** What a call takes from each of them, and from the rates of the caller's plan and of its own. */
  readonly cost: number;
  readonly onLimitStoreFailure: 'open' | 'closed';
  /** `Cache-Control` of a successful answer. */
  readonly cacheControl: string;
  /** Ranges that may call, in CIDR notation; null is everybody. */
  readonly addresses: readonly string[] | null;
  /** The path that the service sees, with parameters of the route: `/products/{id}`. Null leaves the caller's. */
  readonly rewrite: string | null;
  /** The first whose conditions hold answers instead. */
  readonly variants: readonly VariantPolicy[];
}

/** Who answers in place of the route's own service, and for which calls: all that is not null must hold. */
export interface VariantPolicy {
  readonly service: string;
  /** In place of the route's own. */
  readonly rewrite: string | null;
  /** In lower case, as the viewer asked for it. */
  readonly host: string | null;
  /** The name of a header in lower case, or of a parameter of the query, and the whole value. */
  readonly header: { readonly name: string; readonly value: string } | null;
  readonly query: { readonly name: string; readonly value: string } | null;
  /** Part of the callers, from 0 to 100 and without its end. */
  readonly callers: { readonly from: number; readonly to: number } | null;
}

export interface RatePolicy {
  readonly requests: number;
  readonly periodSeconds: number;
  /** Size of the bucket: how many are admitted at once. */
  readonly burst: number;
}

export interface LimitPolicy extends RatePolicy {
  readonly by: 'address' | 'user' | 'client' | 'key';
  /** Judged and counted, but refuses nobody. */
  readonly shadow: boolean;
}

export interface PlanPolicy {
  readonly requestsPerMonth: number | null;
  readonly bytesPerMonth: number | null;
  /** Over all routes. Left out, only the routes' limits hold. */
  readonly rate?: RatePolicy | undefined;
}

/** What the catalogue compiles to: all that the authorizer decides by. */
export interface Policy {
  /** Digest of the rest, so that two equal policies have one version. */
  readonly version: string;
  readonly environment: string;
  /** Instances of the authorizer that run at the same time on an ordinary day. */
  readonly expectedInstances: number;
  readonly issuers: readonly IssuerPolicy[];
  readonly limits: Readonly<Record<string, LimitPolicy>>;
  readonly plans: Readonly<Record<string, PlanPolicy>>;
  readonly defaultPlan: string;
  /** By route key of the HTTP API: `GET /api/orders/{id}`. */
  readonly routes: Readonly<Record<string, RoutePolicy>>;
}
