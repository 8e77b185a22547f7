/** What the authorizer and the templates agree on. Imports nothing but the shared contract. */
import type { DecisionWord } from '../shared/contract.ts';

/** Names of the function's environment variables, besides those of the store. */
export const env = {
  /** Id or name of the secret that the edge sends as `x-gw-origin-secret`. */
  originSecretId: 'ORIGIN_SECRET_ID',
} as const;

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
  'plan',
  /** Structured fields of draft-ietf-httpapi-ratelimit-headers. */
  'rateLimit',
  'rateLimitPolicy',
  /** The limit's burst, what is left of it, and seconds until it is whole again. */
  'limit',
  'remaining',
  'reset',
  /** Requests of the plan this month, what is left, and seconds until the next month; `unlimited` without one. */
  'quotaLimit',
  'quotaRemaining',
  'quotaReset',
  /** Seconds, at least 1. Mapped onto 429 and 503 only. */
  'retryAfter',
  /** `WWW-Authenticate` of RFC 6750. Mapped onto 401 only. */
  'challenge',
  /** `Cache-Control` of a successful answer. */
  'cacheControl',
  'policyVersion',
] as const;
export type ContextKey = (typeof contextKeys)[number];

/** The authorizer's whole answer: `decision` is one of the load balancer's words. */
export type DecisionContext = Readonly<Record<Exclude<ContextKey, 'decision'>, string>> & {
  readonly decision: DecisionWord;
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
  /** Name of an entry of `limits`. */
  readonly limit: string;
  readonly cost: number;
  readonly onStoreFailure: 'open' | 'closed';
  /** `Cache-Control` of a successful answer. */
  readonly cacheControl: string;
  /** Ranges that may call, in CIDR notation; null is everybody. */
  readonly addresses: readonly string[] | null;
}

export interface LimitPolicy {
  readonly by: 'address' | 'user';
  readonly requests: number;
  readonly periodSeconds: number;
  /** Size of the bucket: how many are admitted at once. */
  readonly burst: number;
}

export interface PlanPolicy {
  readonly requestsPerMonth: number | null;
  readonly bytesPerMonth: number | null;
}

export type SigningAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

export interface IssuerPolicy {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly audience: string;
  readonly algorithms: readonly SigningAlgorithm[];
}

/** What the catalogue compiles to: all that the authorizer decides by. */
export interface Policy {
  /** Digest of the rest, so that two equal policies have one version. */
  readonly version: string;
  readonly environment: string;
  readonly issuers: readonly IssuerPolicy[];
  readonly limits: Readonly<Record<string, LimitPolicy>>;
  readonly plans: Readonly<Record<string, PlanPolicy>>;
  readonly defaultPlan: string;
  /** By route key of the HTTP API: `GET /api/orders/{id}`. */
  readonly routes: Readonly<Record<string, RoutePolicy>>;
}
