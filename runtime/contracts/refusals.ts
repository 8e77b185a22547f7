import type { Refusal } from './gateway-contract.ts';

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

// A bundle leaves out the problems that it does not use.
/* @__NO_SIDE_EFFECTS__ */
const problem = <Status extends number>(
  status: Status,
  type: string,
  title: string,
  detail: string,
): RefusalResponse<Status> => ({
  status,
  body: { type, title, status, detail },
});

/** Status codes of refused calls. */
export const refusalStatuses = {
  unauthenticated: 401,
  forbidden: 403,
  throttled: 429,
  quota: 429,
  unavailable: 503,
  malformed: 400,
  maintenance: 503,
  disabled: 503,
  'not-found': 404,
  'method-not-allowed': 405,
} as const satisfies Record<Refusal, number>;

/** The problem for a method that no route supports. */
export const methodNotAllowed = problem(
  405,
  'about:blank',
  'Method Not Allowed',
  'This path does not support the method. The Allow header lists the supported methods.',
);

/**
 * Problem details of refused calls, identical from the load balancer and from the Lambdas' guard. The types
 * of the limits are those that draft-ietf-httpapi-ratelimit-headers registers; the gateway's own are URNs, which no
 * client need resolve (docs/architecture.md, "Problem types").
 */
export const refusalResponses: {
  readonly [Word in Refusal]: RefusalResponse<(typeof refusalStatuses)[Word]>;
} = {
  unauthenticated: problem(
    401,
    'about:blank',
    'Unauthorized',
    'The request has no valid credential. Send a valid bearer token, an API key or, where the route requires it, a signature.',
  ),
  forbidden: problem(
    403,
    'about:blank',
    'Forbidden',
    'The caller does not have permission for this request.',
  ),
  throttled: problem(
    429,
    'https://iana.org/assignments/http-problem-types#quota-exceeded',
    'Too Many Requests',
    'The rate limit is exceeded. Try again after the seconds in Retry-After.',
  ),
  quota: problem(
    429,
    'https://iana.org/assignments/http-problem-types#quota-exceeded',
    'Too Many Requests',
    "The plan's monthly quota is exhausted. Try again after the seconds in Retry-After, or change the plan.",
  ),
  unavailable: problem(
    503,
    'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
    'Service Unavailable',
    'The gateway cannot authorize this request right now. Try again shortly.',
  ),
  malformed: problem(
    400,
    'about:blank',
    'Bad Request',
    'The path, the query or a header is ambiguous. Percent-encode each value once, as UTF-8, without control characters, dot segments and encoded slashes.',
  ),
  maintenance: problem(
    503,
    'urn:gatehouse:problem:maintenance',
    'Down for Maintenance',
    'The shop is down for maintenance. Retry after the time in Retry-After.',
  ),
  disabled: problem(
    503,
    'urn:gatehouse:problem:switched-off',
    'Switched Off',
    'This operation is switched off for now; the rest of the shop works. Retry after the time in Retry-After.',
  ),
  'not-found': problem(404, 'about:blank', 'Not Found', 'There is nothing at this path.'),
  'method-not-allowed': methodNotAllowed,
};

/** The problem for a body over the limit of the edge or of the route. */
export const contentTooLarge = problem(
  413,
  'about:blank',
  'Content Too Large',
  'The body is larger than this path accepts.',
);

/** The problem for a body that differs from the signed one. */
export const digestMismatch = problem(
  400,
  'about:blank',
  'Bad Request',
  'The body does not match its signed Content-Digest. Send the bytes that were signed.',
);
