/** The contract between the authorizer and the templates. Imports nothing but the shared contract. */
import type { DecisionName, IssuerPolicy } from '../../runtime/contracts/gateway-contract.ts';

/** Names of the function's environment variables, besides those of the limit store. */
export const env = {
  /** Id or name of the secret that the edge sends as `x-gw-origin-secret`. */
  originSecretId: 'ORIGIN_SECRET_ID',
  /** AppConfig's `application/environment/profile`, each by its name or id, that holds the runtime policy. */
  runtimePolicy: 'RUNTIME_POLICY',
  /** Minimum seconds between two polls of the runtime policy. */
  runtimePolicyPollSeconds: 'RUNTIME_POLICY_POLL_SECONDS',
  /** Table of the clients' monthly usage, from which lost counters of the limit store are rebuilt. */
  usageTable: 'USAGE_TABLE',
  /** Name of the pepper secret, the key of the API keys' hashes. */
  keyPepperId: 'KEY_PEPPER_ID',
  /** Name of the table of clients and their keys. */
  clientsTable: 'CLIENTS_TABLE',
  /** Time budget of a limit-store call in milliseconds; default 50. A laptop under load needs more. */
  limitStoreBudgetMilliseconds: 'LIMIT_STORE_BUDGET_MILLISECONDS',
} as const;

/**
 * Metrics that the authorizer writes, in the shared namespace, all by `environment`. `Decisions` is also by
 * `decision`, `NearLimit` and `OverLimit` by `limit`, `ShadowOverLimit` by `shadowLimit`.
 */
export const metricNames = [
  'Decisions',
  /** At least four fifths of a limit are used. */
  'NearLimit',
  'OverLimit',
  /** Would have been refused by a limit in shadow. */
  'ShadowOverLimit',
  /**
   * Limit-store calls that failed or were skipped by the breaker; those that timed out; and those decided by
   * local limits.
   */
  'LimitStoreFailures',
  'LimitStoreTimeouts',
  'FailOpen',
  /** Monthly counters that the limit store had lost: rebuilt from the table, or not. */
  'QuotasRebuilt',
  'QuotaRebuildFailures',
  'RuntimePoliciesRejected',
  'RuntimePolicyPollFailures',
] as const;
export type MetricName = (typeof metricNames)[number];

/** The file beside the bundle that holds the compiled policy, the fallback of the runtime policy. */
export const policyFileName = 'policy.json';

/**
 * Keys of the authorizer's context, each always a non-empty string. Camel case, because a parameter mapping
 * expression allows no hyphen.
 */
export const contextKeys = [
  'decision',
  /** Machine-readable reason, for logs: `ok`, `token-expired`, `no-token`, … */
  'reason',
  'route',
  'service',
  'cohort',
  'userId',
  'userEmail',
  'userRole',
  'clientId',
  'clientAddress',
  /** The caller's key in the limit store, for the function that revokes. */
  'caller',
  /** The signed `Content-Digest`: whoever reads the body compares it before any effect. */
  'contentDigest',
  'plan',
  /** Structured fields of draft-ietf-httpapi-ratelimit-headers. */
  'rateLimit',
  'rateLimitPolicy',
  /**
   * Of the limit closest to exhaustion: its burst, what remains of it, and seconds until it is full again.
   */
  'limit',
  'remaining',
  'reset',
  /**
   * Requests of the plan this month, what remains, and seconds until the next month; `unlimited` without a
   * quota.
   */
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
  /** The path that the service sees, mapped when the route rewrites; `/` elsewhere. */
  'path',
  /** `Allow` of 405, mapped onto it only. */
  'allowedMethods',
  'policyVersion',
] as const;
export type ContextKey = (typeof contextKeys)[number];

/** The authorizer's whole answer; `decision` is one of the load balancer's values. */
export type DecisionContext = Readonly<Record<Exclude<ContextKey, 'decision'>, string>> & {
  readonly decision: DecisionName;
};

export type Access =
  | { readonly kind: 'anonymous' }
  /** A token is optional; a given one must be valid. */
  | { readonly kind: 'optional' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'permission'; readonly permission: string };

export interface RoutePolicy {
  readonly service: string;
  readonly access: Access;
  /** Whether the route only accepts a message signature (RFC 9421) as credential. */
  readonly signature: boolean;
  /** Names of entries of `limits`, at least one. */
  readonly limits: readonly string[];
  /** The cost of a call for each of them, and for the rates of the caller's plan and the caller itself. */
  readonly cost: number;
  readonly onLimitStoreFailure: 'open' | 'closed';
  /** `Cache-Control` of a successful answer. */
  readonly cacheControl: string;
  /** Ranges that may call, in CIDR notation; null is every address. */
  readonly addresses: readonly string[] | null;
  /**
   * The path that the service sees, with parameters of the route: `/products/{id}`. Null keeps the caller's
   * path.
   */
  readonly rewrite: string | null;
  /** The first variant whose conditions hold answers instead. */
  readonly variants: readonly VariantPolicy[];
}

/**
 * A service that answers in place of the route's own, and its conditions: all that are not null must hold.
 */
export interface VariantPolicy {
  readonly service: string;
  /** In place of the route's own. */
  readonly rewrite: string | null;
  /** In lower case, as the viewer requested it. */
  readonly host: string | null;
  /** The name of a header in lower case, or of a parameter of the query, and the whole value. */
  readonly header: { readonly name: string; readonly value: string } | null;
  readonly query: { readonly name: string; readonly value: string } | null;
  /** A range of the callers, from 0 to 100, without its end. */
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
  /** Evaluated and counted, but refuses no call. */
  readonly shadow: boolean;
}

export interface PlanPolicy {
  readonly requestsPerMonth: number | null;
  readonly bytesPerMonth: number | null;
  /** Over all routes. Left out, only the routes' limits apply. */
  readonly rate?: RatePolicy | undefined;
}

/** The compiled catalogue: everything that the authorizer decides by. */
export interface Policy {
  /** Digest of the rest, so that two equal policies have one version. */
  readonly version: string;
  readonly environment: string;
  /** Number of concurrent instances of the authorizer on an ordinary day. */
  readonly expectedInstances: number;
  readonly issuers: readonly IssuerPolicy[];
  readonly limits: Readonly<Record<string, LimitPolicy>>;
  readonly plans: Readonly<Record<string, PlanPolicy>>;
  readonly defaultPlan: string;
  /** By route key of the HTTP API: `GET /api/orders/{id}`. */
  readonly routes: Readonly<Record<string, RoutePolicy>>;
  /** Route keys of the HTTP API that the authorizer never sees: health and webhooks. */
  readonly otherRoutes: readonly string[];
}
