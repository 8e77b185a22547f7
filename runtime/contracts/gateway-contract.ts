/**
 * The contract between the templates and the Lambdas: decisions, the headers that carry them, and the bodies
 * of refusals. Imports nothing, so that both sides can import it.
 */

/** The decisions that the load balancer knows. It answers every decision but `allow` itself. */
export const decisions = [
  'allow',
  'unauthenticated',
  'forbidden',
  'throttled',
  'quota',
  'unavailable',
  'malformed',
  'maintenance',
  'disabled',
  'not-found',
  'method-not-allowed',
] as const;
export type DecisionName = (typeof decisions)[number];
export type Refusal = Exclude<DecisionName, 'allow'>;

/** The CloudWatch namespace of the gateway's own metrics. */
export const metricsNamespace = 'Gatehouse';

/**
 * The value of a missing identity, limit or address. Never empty: AWS does not document what an empty value
 * maps to.
 */
export const NO_VALUE = '-';

/**
 * Prefixes of the gateway's internal request headers. The edge strips every inbound header with one of them.
 */
export const internalHeaderPrefixes = ['x-gw-', 'x-user-', 'x-client-', 'x-plan'] as const;

/** Headers that the gateway sets on a request, in lower case. */
export const requestHeaders = {
  /** Edge to authorizer: proof that the call came through the edge. Removed before the service. */
  originSecret: 'x-gw-origin-secret',
  /** Edge to authorizer: the viewer's address. Removed before the service. */
  viewerAddress: 'x-gw-viewer-address',
  /** Edge to the partner API: an unguessable value of the deployment. Replaced before the service. */
  partnerProof: 'x-gw-partner-proof',
  /**
   * Edge to authorizer: host and path as the viewer sent them, for signatures. Removed before the service.
   */
  target: 'x-gw-target',
  /** The two headers that the load balancer routes by. */
  decision: 'x-gw-decision',
  service: 'x-gw-service',
  cohort: 'x-gw-cohort',
  requestId: 'x-request-id',
  userId: 'x-user-id',
  userEmail: 'x-user-email',
  userRole: 'x-user-role',
  clientId: 'x-client-id',
  clientAddress: 'x-client-address',
  plan: 'x-plan',
  /** The signed `Content-Digest`: whoever reads the body compares it before any effect. */
  contentDigest: 'x-gw-content-digest',
} as const;

/** The only header that carries an API key, in lower case. Removed before the service. */
export const apiKeyHeader = 'x-api-key';

/**
 * Headers that make some frameworks use another method than the request's, in lower case. The decision is
 * about the request's method, so these headers are removed before the service.
 */
export const methodOverrideHeaders = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
] as const;

/**
 * Response headers about the caller's limits, each with the key of the decision context that it is taken
 * from.
 */
export const limitHeaders = {
  RateLimit: 'rateLimit',
  'RateLimit-Policy': 'rateLimitPolicy',
  'X-RateLimit-Limit': 'limit',
  'X-RateLimit-Remaining': 'remaining',
  'X-RateLimit-Reset': 'reset',
  'X-Quota-Limit': 'quotaLimit',
  'X-Quota-Remaining': 'quotaRemaining',
  'X-Quota-Reset': 'quotaReset',
} as const;

/** `x-gw-service` of the answers that the load balancer gives for the gateway itself. */
export const gatewayService = 'gateway';

/**
 * Paths of the routes for requests that match no other route of the HTTP API: a greedy parameter matches every path
 * but the root. Not `$default`, which would take preflight requests from the API's CORS.
 */
export const unmatchedPaths = ['/', '/{unmatched+}'] as const;

/** Name of the partner API's stage, which is the first segment of its paths. */
export const partnerStage = 'partner';

/** Longest body of a route whose catalogue entry gives no `maxBodyKiB`. */
export const defaultBodyKiB = 64;

/** Algorithms of tokens that are signed with a key pair (RFC 7518, RFC 8037). `none` is excluded. */
export const signingAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'EdDSA'] as const),
] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** HMAC (RFC 7518 section 3.2): only for an issuer that shares a secret with the gateway. */
export const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const;
export type HmacAlgorithm = (typeof hmacAlgorithms)[number];

/**
 * Bounds on the tokens of an issuer other than the shop's own (docs/adr/0033-bounds-of-issuers.md). Claims
 * beyond them are dropped.
 */
export interface IssuerBounds {
  /** Unique slug of the issuer in the environment. It prefixes the issuer's names: `acme-erp|alice`. */
  readonly name: string;
  /** False: its subjects are the shop's own users. */
  readonly hasNamespacedSubjects: boolean;
  /** Grants that its tokens may carry, as patterns; the grants of a token are intersected with these. */
  readonly permissions: readonly string[];
  /** Plan of all its callers; null is the default plan. The claim `plan` is ignored. */
  readonly plan: string | null;
  /** Values of `role` that are accepted. */
  readonly roles: readonly string[];
  /** Domains of the `email` addresses that are accepted, in lower case. */
  readonly emailDomains: readonly string[];
}

interface IssuerSettings {
  readonly issuer: string;
  /** Left out for the shop's own issuer, whose claims are all accepted. */
  readonly bounds?: IssuerBounds;
  /** Required value in `aud`; null for an issuer whose access tokens have no audience, as Cognito's. */
  readonly audience: string | null;
  /** Clients whose tokens are accepted, by `client_id`; null accepts all. */
  readonly clientIds: readonly string[] | null;
  /** Prefix of each permission in `scope`; other scopes are not permissions. */
  readonly scopePrefix: string;
  /** Maximum difference between the issuer's clock and ours. */
  readonly clockToleranceSeconds: number;
  /**
   * Longest lifetime of a token, in total and from now on; a longer one is refused, so that a revocation need
   * not be kept for longer.
   */
  readonly maxLifetimeSeconds: number;
}

/** An issuer that publishes the keys that verify its tokens. */
export interface KeySetIssuer extends IssuerSettings {
  readonly jwksUri: string;
  readonly algorithms: readonly SigningAlgorithm[];
}

/** An issuer that signs with a secret shared with the gateway. */
export interface HmacIssuer extends IssuerSettings {
  readonly bounds: IssuerBounds;
  /**
   * The client that holds the secret. All its callers count as this client, because it can sign for any
   * subject.
   */
  readonly clientIds: readonly [string];
  /** Id or name of the secret, whose bytes (UTF-8) are the key. */
  readonly secretId: string;
  readonly algorithms: readonly HmacAlgorithm[];
}

/** An issuer of exactly one kind: a token is verified only in the way of the issuer that it names. */
export type IssuerPolicy = KeySetIssuer | HmacIssuer;

/**
 * Environment variable with the issuers that are known only after deployment: a JSON list of issuer policies,
 * in addition to those in the bundle.
 */
export const tokenIssuersEnv = 'TOKEN_ISSUERS';

/** What the verification of a token depends on. */
export interface TokenPolicy {
  readonly version: string;
  readonly issuers: readonly IssuerPolicy[];
}

/** Names of the environment variables that configure a function's connection to the limit store. */
export const limitStoreEnv = {
  /** `redis://host:port`, or `rediss://` for TLS. */
  url: 'LIMIT_STORE_URL',
  /** `single` or `cluster` (ElastiCache Serverless speaks cluster mode only). */
  topology: 'LIMIT_STORE_TOPOLOGY',
  /** User and cache name for IAM authentication; both absent when the limit store requires none. */
  user: 'LIMIT_STORE_USER',
  cacheName: 'LIMIT_STORE_CACHE_NAME',
  /** `serverless` or `nodes`: the kind of cache that the name refers to. */
  cacheKind: 'LIMIT_STORE_CACHE_KIND',
} as const;

/** Names of the environment variables that configure the event log of functions and tasks. */
export const eventLogEnv = {
  /** `file:<folder>`, `stdout:`, `kafka://host:port` or `msk:<cluster ARN>`; see `events/open-event-log.ts`. */
  url: 'EVENT_LOG_URL',
} as const;
