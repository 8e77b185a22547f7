import type { ContextKey } from '../../../lambda/auth/contract.ts';
import { limitHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { replacedStatusCodes } from '../services/refusal-status-codes.ts';

/**
 * Status codes that an answer can have, by what its route does. An HTTP API maps headers per exact code and has no
 * default (AWS::ApiGatewayV2::Integration ResponseParameters); a code that is missing here still gets what the edge's
 * response headers policy adds. 405 is missing because the API itself has no route for such a call.
 */
const readStatuses = [200, 304, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504] as const;
const writeStatuses = [
  ...([200, 201, 204, 400, 401, 402, 403, 404, 409, 412, 413, 415, 422, 429] as const),
  ...([500, 502, 503, 504] as const),
] as const;
/** What a cache may keep (RFC 9110 section 15.1; redirections with a lifetime), besides 200 and 304. */
const otherStorableStatuses = [203, 204, 206, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501] as const;

/** Answers to what the caller asked for. The others are refusals, whose words are the service's own, and failures. */
const outcomes: ReadonlySet<number> = new Set([200, 201, 204, 304, 400, 404, 409, 422]);

/** No limit of AWS on the mappings of one integration is published, so the gateway stays far below any. */
const maxResponseMappings = 149;

/** One parameter mapping of a response, in the words of CloudFormation: the L1 passes it on untranslated. */
interface ResponseParameter {
  readonly Destination: string;
  readonly Source: string;
}

const overwrite = (header: string, source: string): ResponseParameter => ({
  Destination: `overwrite:header.${header}`,
  Source: source,
});

/** Headers that a route sets or removes besides what the gateway does; names in lower case. */
export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** An old version, days as `2026-11-20`. */
export interface Deprecation {
  readonly since: string;
  readonly sunset?: string | undefined;
  /** Where callers read what to do. */
  readonly link: string;
}

export interface ResponseChanges {
  /** Of the integration's routes. */
  readonly methods: ReadonlySet<string>;
  /** Whether the edge keeps successful answers and gives them to everybody; such an answer says nothing of one caller. */
  readonly shared: boolean;
  readonly headers: HeaderChanges;
  readonly deprecated?: Deprecation | undefined;
}

/** The value that the authorizer has put into its context. */
export const authorizerContext = (key: ContextKey): string => `$context.authorizer.${key}`;

const limits = Object.entries(limitHeaders).map(([header, key]) => overwrite(header, authorizerContext(key)));
/** The fields of the draft say all that the older ones say, and leave room for other mappings. */
const draftLimits = limits.filter(({ Destination }) => Destination.startsWith('overwrite:header.RateLimit'));

/**
 * The response mappings of an integration whose routes have the authorizer.
 *
 * @param answeredBy a `function` puts the gateway's headers on its answers itself (`gatewayResponseHeaders`).
 * @throws {Error} where the routes' own changes of headers need more mappings than an integration may have.
 */
export function responseMappings(
  { methods, shared, headers, deprecated }: ResponseChanges,
  answeredBy: 'service' | 'function',
): Readonly<Record<string, unknown>> {
  // Of a function's answers a refusal cannot be told from an answer by its status.
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
  // A function answers refusals itself; those of the load balancer come with statuses of their own.
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

/** `Deprecation` is a date of structured fields (RFC 9745), `Sunset` one of HTTP (RFC 8594), both at midnight UTC. */
function deprecationParameters({ since, sunset, link }: Deprecation): ResponseParameter[] {
  return [
    overwrite('Deprecation', `@${Date.parse(since) / 1_000}`),
    ...(sunset === undefined ? [] : [overwrite('Sunset', new Date(sunset).toUTCString())]),
    // A service may have links of its own, such as to the next page.
    { Destination: 'append:header.Link', Source: `<${link}>; rel="deprecation"` },
  ];
}

/** What a service's answer gets. `Cache-Control: no-store` of errors is the edge's, in its response headers policy. */
function gatewayParameters(status: number, shared: boolean): ResponseParameter[] {
  const stored = isStored(status);
  return [
    overwrite('x-request-id', '$context.requestId'),
    ...(outcomes.has(status) ? [overwrite('x-gateway-policy', authorizerContext('policyVersion'))] : []),
    ...(outcomes.has(status) && !(shared && stored) ? (status < 400 ? limits : draftLimits) : []),
    ...(stored ? [overwrite('Cache-Control', authorizerContext('cacheControl')), varying] : []),
  ];
}

/** What the answer to a decision gets. A refusal by identity, or of the request itself, says nothing of limits. */
function refusalParameters(status: number): ResponseParameter[] {
  return [
    { Destination: 'overwrite:statuscode', Source: String(status) },
    overwrite('x-request-id', '$context.requestId'),
    overwrite('x-gateway-policy', authorizerContext('policyVersion')),
    ...(status === 429 ? limits : []),
    ...(status === 429 || status === 503 ? [overwrite('Retry-After', authorizerContext('retryAfter'))] : []),
    ...(status === 401 || status === 403
      ? [overwrite('WWW-Authenticate', authorizerContext('challenge'))]
      : []),
  ];
}

/** What keeps one caller's answer out of a cache that everybody reads. */
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
 * Request headers that choose an answer at the gateway: a browser's origin by the CORS headers, a version by the path
 * that the edge makes of it. Appended, because services vary by headers of their own.
 */
export const variedHeaders = 'Origin, X-API-Version';
const varying: ResponseParameter = { Destination: 'append:header.Vary', Source: variedHeaders };

/** The health answer comes from the load balancer and has no decision behind it. */
export const healthResponseMappings: Readonly<Record<string, unknown>> = {
  '200': {
    ResponseParameters: [
      overwrite('x-request-id', '$context.requestId'),
      overwrite('Cache-Control', 'no-store'),
    ],
  },
};
