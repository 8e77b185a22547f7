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
] as const;
export type DecisionWord = (typeof decisions)[number];
export type Refusal = Exclude<DecisionWord, 'allow'>;

/** An identity, limit or address that is not there. Never empty: what a missing value maps to is undocumented. */
export const absent = '-';

/** Request headers of the gateway's own. The edge strips every inbound one of these prefixes. */
export const internalHeaderPrefixes = ['x-gw-', 'x-user-', 'x-client-', 'x-plan'] as const;

/** Headers that the gateway sets on a request, in lower case. */
export const requestHeaders = {
  /** Edge to authorizer: proof that the call came through the edge. Removed before the service. */
  originSecret: 'x-gw-origin-secret',
  /** Edge to authorizer: the viewer's address. Removed before the service. */
  viewerAddress: 'x-gw-viewer-address',
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
} as const;

/** Environment variables by which a function reaches the store. */
export const storeEnv = {
  /** `redis://host:port`, or `rediss://` for TLS. */
  url: 'STORE_URL',
  /** `single` or `cluster` (ElastiCache Serverless speaks cluster mode only). */
  topology: 'STORE_TOPOLOGY',
  /** User and cache name for IAM authentication at the store; both absent where the store asks for none. */
  user: 'STORE_USER',
  cacheName: 'STORE_CACHE_NAME',
} as const;

/** `x-gw-service` of the answers that the load balancer gives in the gateway's own name. */
export const gatewayService = 'gateway';

/** Problem details (RFC 9457) of one refusal. */
export interface RefusalAnswer {
  readonly status: number;
  readonly body: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
  };
}

const problem = (status: number, type: string, title: string, detail: string): RefusalAnswer => ({
  status,
  body: { type, title, status, detail },
});

/**
 * What a refused caller reads, from the load balancer and from the Lambdas' guard alike. The types of the limits are
 * those that draft-ietf-httpapi-ratelimit-headers registers.
 */
export const refusalAnswers: Readonly<Record<Refusal, RefusalAnswer>> = {
  unauthenticated: problem(
    401,
    'about:blank',
    'Unauthorized',
    'The call carries no credential that this gateway accepts. Send a valid bearer token.',
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
};
