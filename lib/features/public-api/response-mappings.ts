import type { ContextKey } from '../../../lambda/auth/contract.ts';
import { limitHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { replacedStatusCodes } from '../services/refusal-status-codes.ts';

/**
 * Status codes that a response can have, by what its route does. An HTTP API maps headers per exact status code and has no
 * default (AWS::ApiGatewayV2::Integration ResponseParameters). A code that is not listed still gets the headers of the
 * edge's response headers policy. 405 is not listed, because the routes of unmatched requests answer it.
 */
const readStatuses = [200, 304, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504] as const;
const writeStatuses = [
  ...([200, 201, 204, 400, 401, 402, 403, 404, 409, 412, 413, 415, 422, 429] as const),
  ...([500, 502, 503, 504] as const),
] as const;
/** Status codes that a cache may store (RFC 9110 section 15.1; redirects with a lifetime), besides 200 and 304. */
const otherStorableStatuses = [203, 204, 206, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501] as const;

/** Responses with the requested content. The others are refusals by the service, and failures. */
const outcomes: ReadonlySet<number> = new Set([200, 201, 204, 304, 400, 404, 409, 422]);

/** AWS publishes no quota for the mappings of an integration. This maximum is far below any that we know of. */
const maxResponseMappings = 149;

/** One parameter mapping of a response, in CloudFormation's syntax: the L1 passes it on unchanged. */
interface ResponseParameter {
  readonly Destination: string;
  readonly Source: string;
}

const overwrite = (header: string, source: string): ResponseParameter => ({
  Destination: `overwrite:header.${header}`,
  Source: source,
});

/** Headers that a route sets or removes in addition to the gateway's; names in lower case. */
export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Deprecation of an API version; dates as `2026-11-20`. */
export interface Deprecation {
  readonly since: string;
  readonly sunset?: string | undefined;
  /** URL of the migration guide. */
  readonly link: string;
}

export interface ResponseChanges {
  /** Methods of the integration's routes. */
  readonly methods: ReadonlySet<string>;
  /** Whether the edge caches successful responses and serves them to all callers. Such responses contain no caller's data. */
  readonly shared: boolean;
  readonly headers: HeaderChanges;
  readonly deprecated?: Deprecation | undefined;
}

/** The value of an authorizer context variable. */
export const authorizerContext = (key: ContextKey): string => `$context.authorizer.${key}`;

const limits = Object.entries(limitHeaders).map(([header, key]) => overwrite(header, authorizerContext(key)));
/** `RateLimit` and `RateLimit-Policy` say all that the older fields say, and save mappings. */
const draftLimits = limits.filter(({ Destination }) => Destination.startsWith('overwrite:header.RateLimit'));

/**
 * Response mappings of an integration whose routes have the authorizer.
 *
 * @param answeredBy a `function` sets the gateway's headers itself (`gatewayResponseHeaders`)
 * @throws {Error} if the routes' header changes need more mappings than an integration may have
 */
export function responseMappings(
  { methods, shared, headers, deprecated }: ResponseChanges,
  answeredBy: 'service' | 'function',
): Readonly<Record<string, unknown>> {
  // The status code does not distinguish the refusals of a function from its responses.
  const refusals = new Set(answeredBy === 'function' ? replacedStatusCodes.map(({ by }) => by) : []);
  const answers = statusesOf(methods, shared).map((status) => {
    const parameters = [
      ...(answeredBy === 'service' ? gatewayParameters(status, shared) : []),
      ...sharingParameters(status, shared),
      ...changesOf(headers),
      ...(deprecated !== undefined && (outcomes.has(status) || refusals.has(status))
        ? deprecationParameters(deprecated)
        : []),
    ];
    return [String(status), { ResponseParameters: parameters }] as const;
  });
  // A function answers refusals itself; the load balancer's refusals have distinct status codes.
  const replaced = (answeredBy === 'service' ? replacedStatusCodes : []).map(
    ({ from, by }) =>
      [
        String(from),
        {
          ResponseParameters: [
            ...refusalParameters(by),
            ...changesOf(headers),
            ...(deprecated === undefined ? [] : deprecationParameters(deprecated)),
          ],
        },
      ] as const,
  );
  const mappings = [...answers, ...replaced];
  const count = mappings.reduce((sum, [, { ResponseParameters }]) => sum + ResponseParameters.length, 0);
  if (count > maxResponseMappings) {
    throw new Error(
      `An integration for ${[...methods].join(', ')} needs ${count} response mappings and may have ` +
        `${maxResponseMappings}. Set or remove fewer headers in the responseHeaders of its routes.`,
    );
  }
  return Object.fromEntries(mappings.filter(([, { ResponseParameters }]) => ResponseParameters.length > 0));
}

function statusesOf(methods: ReadonlySet<string>, shared: boolean): number[] {
  const reads = [...methods].some((method) => method === 'GET' || method === 'HEAD');
  const writes = [...methods].some((method) => method !== 'GET' && method !== 'HEAD');
  const statuses = [
    ...(reads ? readStatuses : []),
    ...(writes ? writeStatuses : []),
    ...(shared ? otherStorableStatuses : []),
  ];
  return [...new Set<number>(statuses)].sort((one, other) => one - other);
}

function changesOf({ set, remove }: HeaderChanges): ResponseParameter[] {
  return [
    ...Object.entries(set).map(([name, value]) => overwrite(name, value)),
    ...remove.map((name) => ({ Destination: `remove:header.${name}`, Source: "''" })),
  ];
}

/** `Deprecation` is a structured field date (RFC 9745), `Sunset` an HTTP date (RFC 8594), both at midnight UTC. */
function deprecationParameters({ since, sunset, link }: Deprecation): ResponseParameter[] {
  return [
    overwrite('Deprecation', `@${Date.parse(since) / 1_000}`),
    ...(sunset === undefined ? [] : [overwrite('Sunset', new Date(sunset).toUTCString())]),
    // Appended: a service may send other links, such as to the next page.
    { Destination: 'append:header.Link', Source: `<${link}>; rel="deprecation"` },
  ];
}

/** Mappings of a service's response. The edge's response headers policy sets `Cache-Control: no-store` on errors. */
function gatewayParameters(status: number, shared: boolean): ResponseParameter[] {
  const stored = isStored(status);
  return [
    overwrite('x-request-id', '$context.requestId'),
    ...(outcomes.has(status) ? [overwrite('x-gateway-policy', authorizerContext('policyVersion'))] : []),
    ...(outcomes.has(status) && !(shared && stored) ? (status < 400 ? limits : draftLimits) : []),
    ...(stored ? [overwrite('Cache-Control', authorizerContext('cacheControl')), varying] : []),
  ];
}

const isReplaced = (status: number) => replacedStatusCodes.some(({ by }) => by === status);

/** Mappings by decision. A refusal because of the identity or of the request has no limit headers. */
function refusalParameters(status: number): ResponseParameter[] {
  return [
    ...(isReplaced(status) ? [{ Destination: 'overwrite:statuscode', Source: String(status) }] : []),
    ...(status === 405 ? [overwrite('Allow', authorizerContext('allowedMethods'))] : []),
    overwrite('x-request-id', '$context.requestId'),
    overwrite('x-gateway-policy', authorizerContext('policyVersion')),
    ...(status === 429 ? limits : []),
    ...(status === 429 || status === 503 ? [overwrite('Retry-After', authorizerContext('retryAfter'))] : []),
    ...(status === 401 || status === 403
      ? [overwrite('WWW-Authenticate', authorizerContext('challenge'))]
      : []),
  ];
}

/** Mappings of requests that match no route, which the load balancer always refuses. */
export const unmatchedResponseMappings: Readonly<Record<string, unknown>> = Object.fromEntries([
  ...[404, 405].map((status) => [String(status), { ResponseParameters: refusalParameters(status) }]),
  ...replacedStatusCodes.map(({ from, by }) => [String(from), { ResponseParameters: refusalParameters(by) }]),
]);

/** Prevents shared caches from storing a caller's private response. */
function sharingParameters(status: number, shared: boolean): ResponseParameter[] {
  if (!shared || (!isStored(status) && !otherStorableStatuses.some((storable) => storable === status))) {
    return [];
  }
  return [
    { Destination: 'remove:header.Set-Cookie', Source: "''" },
    ...(isStored(status) ? [] : [overwrite('Cache-Control', 'no-store')]),
  ];
}

const isStored = (status: number) => status < 300 || status === 304;

/**
 * Request headers that select a response at the gateway: the origin selects the CORS headers, and the version selects the
 * path at the edge. Appended, because services vary by other headers.
 */
export const variedHeaders = 'Origin, X-API-Version';
const varying: ResponseParameter = { Destination: 'append:header.Vary', Source: variedHeaders };

/** Mappings of the health route, which the load balancer answers without a decision. */
export const healthResponseMappings: Readonly<Record<string, unknown>> = {
  '200': {
    ResponseParameters: [
      overwrite('x-request-id', '$context.requestId'),
      overwrite('Cache-Control', 'no-store'),
    ],
  },
};
