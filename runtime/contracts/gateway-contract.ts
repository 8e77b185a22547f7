/**
 * What the templates and the Lambdas must agree on: the words of a decision, the headers that carry it, and the
 * bodies of the refusals. Imports nothing, so that both sides may import it.
 */

/** The words the load balancer knows. Every word but `allow` is answered by the load balancer itself. */
export const decisions = [
  'allow',
  'unauthenticated',
  'forbidden',
  'throttled',
  'quota',
  'unavailable',
  'malformed',
] as const;
export type DecisionName = (typeof decisions)[number];
export type Refusal = Exclude<DecisionName, 'allow'>;

/** The CloudWatch namespace of the gateway's own metrics. */
export const metricsNamespace = 'Gatehouse';

/** An identity, limit or address that is not there. Never empty: what a missing value maps to is undocumented. */
export const NO_VALUE = '-';

/** Request headers of the gateway's own. The edge strips every inbound one of these prefixes. */
export const internalHeaderPrefixes = ['x-gw-', 'x-user-', 'x-client-', 'x-plan'] as const;

/** Headers that the gateway sets on a request, in lower case. */
export const requestHeaders = {
  /** Edge to authorizer: proof that the call came through the edge. Removed before the service. */
  originSecret: 'x-gw-origin-secret',
  /** Edge to authorizer: the viewer's address. Removed before the service. */
  viewerAddress: 'x-gw-viewer-address',
  /** Edge to the partner API: an unguessable value of the deployment. Replaced before the service. */
  partnerProof: 'x-gw-partner-proof',
  /** Edge to authorizer: host and path as the viewer sent them, for signatures. Removed before the service. */
  target: 'x-gw-target',
  /** The two that the load balancer routes by. */
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
  /** The `Content-Digest` under a verified signature: whoever reads the body compares it before any effect. */
  contentDigest: 'x-gw-content-digest',
} as const;

/** The one place of an API key, in lower case. Removed before the service. */
export const apiKeyHeader = 'x-api-key';

/**
 * Headers by which some frameworks take another method than the request's, in lower case: the decision is on the
 * request's own, so a service never sees them.
 */
export const methodOverrideHeaders = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
] as const;

/** What a caller may know of its limits: the answers' headers, each by the decision's key that it is made of. */
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

/** `x-gw-service` of the answers that the load balancer gives in the gateway's own name. */
export const gatewayService = 'gateway';

/** Name of the partner door's stage, and so the first segment of its paths. */
export const partnerStage = 'partner';

/** Problem details (RFC 9457) of one refusal. */
export interface RefusalResponse<Status extends number = number> {
  readonly status: Status;
  readonly body: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
  };
}

const problem = <Status extends number>(
  status: Status,
  type: string,
  title: string,
  detail: string,
): RefusalResponse<Status> => ({
  status,
  body: { type, title, status, detail },
});

/**
 * What a refused caller reads, from the load balancer and from the Lambdas' guard alike. The types of the limits are
 * those that draft-ietf-httpapi-ratelimit-headers registers.
 */
export const refusalResponses: Readonly<Record<Refusal, RefusalResponse>> = {
  unauthenticated: problem(
    401,
    'about:blank',
    'Unauthorized',
    'The call carries no credential that this gateway accepts. Send one that is valid: a bearer token, an API key or, where the route asks for it, a signature.',
  ),
  forbidden: problem(403, 'about:blank', 'Forbidden', 'The caller may not do this.'),
  throttled: problem(
    429,
    'https://iana.org/assignments/http-problem-types#quota-exceeded',
    'Too Many Requests',
    'The rate limit is used up. Try again after the seconds in Retry-After.',
  ),
  quota: problem(
    429,
    'https://iana.org/assignments/http-problem-types#quota-exceeded',
    'Too Many Requests',
    "The plan's quota of this month is used up. Try again after the seconds in Retry-After, or change the plan.",
  ),
  unavailable: problem(
    503,
    'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
    'Service Unavailable',
    'The gateway cannot decide on this call right now. Try again shortly.',
  ),
  malformed: problem(
    400,
    'about:blank',
    'Bad Request',
    'The path, the query or a header can be read in two ways. Percent-encode each value once, as UTF-8, without control characters, dot segments and encoded slashes.',
  ),
};

/** What a caller reads whose method nothing here takes. */
export const methodNotAllowed = problem(
  405,
  'about:blank',
  'Method Not Allowed',
  'Nothing here takes this method. See Allow for those that are taken.',
);

/** Longest body of a route whose catalogue entry gives no `maxBodyKiB`. */
export const defaultBodyKiB = 64;

/** What a caller reads whose body is over the limit of the edge or of the route. */
export const contentTooLarge = problem(
  413,
  'about:blank',
  'Content Too Large',
  'The body is larger than this path takes.',
);

/** What a caller reads whose body is not the one that was signed. */
export const digestMismatch = problem(
  400,
  'about:blank',
  'Bad Request',
  'The body is not the one whose Content-Digest was signed. Send the bytes that were signed.',
);

/** What tokens may be signed with by a key pair (RFC 7518, RFC 8037). `none` is not among them. */
export const signingAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'EdDSA'] as const),
] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** HMAC (RFC 7518 section 3.2): for an issuer that shares a secret with the gateway, and for no other. */
export const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const;
export type HmacAlgorithm = (typeof hmacAlgorithms)[number];

/**
 * What the tokens of an issuer besides the shop's own may say (docs/adr/0033-bounds-of-issuers.md). What they claim
 * beyond it is dropped.
 */
export interface IssuerBounds {
  /** Slug that no other issuer of the environment has. It stands before the issuer's names: `acme-erp|alice`. */
  readonly name: string;
  /** False: its subjects are the shop's own users. */
  readonly hasNamespacedSubjects: boolean;
  /** Grants that its tokens may carry, as patterns; whatever they claim is intersected with these. */
  readonly permissions: readonly string[];
  /** Plan of all its callers; null is the default plan. The claim `plan` does not count. */
  readonly plan: string | null;
  /** Values of `role` that count. */
  readonly roles: readonly string[];
  /** Domains of the `email` addresses that count, in lower case. */
  readonly emailDomains: readonly string[];
}

interface IssuerSettings {
  readonly issuer: string;
  /** Left out for the shop's own issuer, whose claims all count. */
  readonly bounds?: IssuerBounds;
  /** What `aud` must hold; null for an issuer whose access tokens have none, as Cognito's. */
  readonly audience: string | null;
  /** Null, or the clients whose tokens count, by `client_id`. */
  readonly clientIds: readonly string[] | null;
  /** What stands before each permission among the words of `scope`; others are no permissions. */
  readonly scopePrefix: string;
  /** By how much the issuer's clock may differ from ours. */
  readonly clockToleranceSeconds: number;
  /** A token that lives longer, or from now on longer, is refused: a revocation need not be remembered for longer. */
  readonly maxLifetimeSeconds: number;
}

/** An issuer that publishes the keys to verify its tokens with. */
export interface KeySetIssuer extends IssuerSettings {
  readonly jwksUri: string;
  readonly algorithms: readonly SigningAlgorithm[];
}

/** An issuer that signs with a secret which the gateway has, too. */
export interface HmacIssuer extends IssuerSettings {
  readonly bounds: IssuerBounds;
  /** The one client that has the secret, and that all its callers count as: it can sign for any subject. */
  readonly clientIds: readonly [string];
  /** Id or name of the secret, whose bytes (UTF-8) are the key. */
  readonly secretId: string;
  readonly algorithms: readonly HmacAlgorithm[];
}

/** Of either kind and never both: a token is verified only in the way of the issuer that it names. */
export type IssuerPolicy = KeySetIssuer | HmacIssuer;

/**
 * Environment variable with issuers that are known only once they are made: a JSON list of issuer policies, besides
 * those of the bundle.
 */
export const tokenIssuersEnv = 'TOKEN_ISSUERS';

/** What a verdict on a token depends on. */
export interface TokenPolicy {
  readonly version: string;
  readonly issuers: readonly IssuerPolicy[];
}

/** Names of the environment variables by which a function finds the store. */
export const limitStoreEnv = {
  /** `redis://host:port`, or `rediss://` for TLS. */
  url: 'LIMIT_STORE_URL',
  /** `single` or `cluster` (ElastiCache Serverless speaks cluster mode only). */
  topology: 'LIMIT_STORE_TOPOLOGY',
  /** User and cache name for IAM authentication at the store; both absent where the store asks for none. */
  user: 'LIMIT_STORE_USER',
  cacheName: 'LIMIT_STORE_CACHE_NAME',
  /** `serverless` or `nodes`: what kind of cache that name is of. */
  cacheKind: 'LIMIT_STORE_CACHE_KIND',
} as const;

/** Names of the environment variables by which functions and tasks find the event log. */
export const eventLogEnv = {
  /** `file:<folder>`, `stdout:`, `kafka://host:port` or `msk:<cluster ARN>`; see `events/open-event-log.ts`. */
  url: 'EVENT_LOG_URL',
} as const;
