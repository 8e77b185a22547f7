import type { Route } from '../../lib/config/index.ts';

/**
 * The parameter mappings of the design, written out independently of the constructs, so that tests compare the
 * constructs with them.
 */

const identityMappings = {
  'overwrite:header.x-gw-decision': '$context.authorizer.decision',
  'overwrite:header.x-gw-service': '$context.authorizer.service',
  'overwrite:header.x-gw-cohort': '$context.authorizer.cohort',
  'overwrite:header.x-user-id': '$context.authorizer.userId',
  'overwrite:header.x-user-email': '$context.authorizer.userEmail',
  'overwrite:header.x-user-role': '$context.authorizer.userRole',
  'overwrite:header.x-client-id': '$context.authorizer.clientId',
  'overwrite:header.x-client-address': '$context.authorizer.clientAddress',
  'overwrite:header.x-plan': '$context.authorizer.plan',
  'overwrite:header.x-gw-content-digest': '$context.authorizer.contentDigest',
};
const commonMappings = {
  'overwrite:header.x-request-id': '$context.requestId',
  'remove:header.x-gw-origin-secret': "''",
  'remove:header.x-gw-viewer-address': "''",
  'remove:header.x-gw-target': "''",
  'remove:header.x-api-key': "''",
  'remove:header.x-http-method-override': "''",
  'remove:header.x-http-method': "''",
  'remove:header.x-method-override': "''",
};
const { 'remove:header.x-gw-origin-secret': _, ...webhookMappings } = commonMappings;

/**
 * Request mappings by kind of target: `health`, a `fargate` service, or the function for an `external` service, a
 * `composition` or a `webhook`.
 */
export const requestMappings: Readonly<Record<string, object>> = {
  health: {
    'overwrite:header.x-gw-decision': 'allow',
    'overwrite:header.x-gw-service': 'gateway',
    ...commonMappings,
  },
  fargate: { ...identityMappings, ...commonMappings },
  unmatched: { ...identityMappings, ...commonMappings },
  external: commonMappings,
  function: commonMappings,
  composition: commonMappings,
  // The function checks the origin secret, so the secret is forwarded.
  webhook: webhookMappings,
};

/** Status codes of the load balancer's refusals, and the status codes that callers receive. */
const refusalCodes: Readonly<Record<number, number>> = { 460: 400, 461: 401, 463: 403, 489: 429, 563: 503 };

// Status codes of answers to reads and writes by services, load balancer and aggregation function.
const readCodes = [200, 304, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504];
const writeCodes = [200, 201, 204, 400, 401, 402, 403, 404, 409, 412, 413, 415, 422, 429, 500, 502, 503, 504];
/** Status codes of answers that carry rate limit headers. */
const answers = [200, 201, 204, 304, 400, 404, 409, 422];
/** Status codes that a cache may store. A shared answer with such a code must not contain data of one caller. */
const storable = [200, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 404, 405, 410, 414, 501];

/** Status codes that are mapped for a route of this method. */
export function statusCodes(method: string, shared: boolean, answeredBy: 'service' | 'function'): number[] {
  const answered = method === 'GET' || method === 'HEAD' ? readCodes : writeCodes;
  const own = answeredBy === 'service' ? [...answered, ...Object.keys(refusalCodes).map(Number)] : answered;
  return shared ? [...new Set([...own, ...storable])] : own;
}

const limitMappings = {
  'overwrite:header.RateLimit': '$context.authorizer.rateLimit',
  'overwrite:header.RateLimit-Policy': '$context.authorizer.rateLimitPolicy',
  'overwrite:header.X-RateLimit-Limit': '$context.authorizer.limit',
  'overwrite:header.X-RateLimit-Remaining': '$context.authorizer.remaining',
  'overwrite:header.X-RateLimit-Reset': '$context.authorizer.reset',
  'overwrite:header.X-Quota-Limit': '$context.authorizer.quotaLimit',
  'overwrite:header.X-Quota-Remaining': '$context.authorizer.quotaRemaining',
  'overwrite:header.X-Quota-Reset': '$context.authorizer.quotaReset',
};

/** Mappings of a refusal. Refusals other than 429 have no rate limit headers. */
function refusalMappings(status: number): Record<string, string> {
  return {
    'overwrite:header.x-request-id': '$context.requestId',
    'overwrite:header.x-gateway-policy': '$context.authorizer.policyVersion',
    'overwrite:statuscode': String(status),
    ...(status === 429 ? limitMappings : {}),
    ...([429, 503].includes(status)
      ? { 'overwrite:header.Retry-After': '$context.authorizer.retryAfter' }
      : {}),
    ...([401, 403].includes(status)
      ? { 'overwrite:header.WWW-Authenticate': '$context.authorizer.challenge' }
      : {}),
  };
}

/** Response mappings of requests that match no route: the load balancer answers 404 and 405 with these codes. */
export function unmatchedMappings(code: number): Record<string, string> {
  const { 'overwrite:statuscode': _status, ...mappings } = refusalMappings(code);
  if (code === 404) return mappings;
  if (code === 405) return { ...mappings, 'overwrite:header.Allow': '$context.authorizer.allowedMethods' };
  return refusalMappings(refusalCodes[code] ?? code);
}

/** Response mappings of a status code. The edge caches `shared` answers for all callers. */
export function responseMappings(
  code: number,
  shared: boolean,
  answeredBy: 'service' | 'function',
): Record<string, string> {
  if (answeredBy === 'service' && refusalCodes[code] !== undefined)
    return refusalMappings(refusalCodes[code]);
  const status = code;
  const good = status < 300 || status === 304;
  const sharing = {
    ...(shared && storable.includes(status) ? { 'remove:header.Set-Cookie': "''" } : {}),
    ...(shared && storable.includes(status) && !good ? { 'overwrite:header.Cache-Control': 'no-store' } : {}),
  };
  // A function sets the other headers on its answers itself.
  if (answeredBy === 'function') return sharing;
  return {
    'overwrite:header.x-request-id': '$context.requestId',
    ...(answers.includes(status)
      ? { 'overwrite:header.x-gateway-policy': '$context.authorizer.policyVersion' }
      : {}),
    ...(answers.includes(status) && !(shared && good)
      ? Object.fromEntries(
          Object.entries(limitMappings).filter(([name]) => status < 400 || name.includes('.RateLimit')),
        )
      : {}),
    ...(good
      ? {
          'overwrite:header.Cache-Control': '$context.authorizer.cacheControl',
          'append:header.Vary': 'Origin, X-API-Version',
        }
      : {}),
    ...sharing,
  };
}

/** Request mappings that a route's entry in the catalogue adds. */
export function requestHeaderChanges(route: Route | undefined): Record<string, string> {
  if (route === undefined) return {};
  const isRewritten = [route, ...route.variants].some(({ rewrite }) => rewrite !== undefined);
  return {
    ...headerChanges(route.requestHeaders),
    ...(isRewritten ? { 'overwrite:path': '$context.authorizer.path' } : {}),
  };
}

/** Response mappings that a route's entry in the catalogue adds. */
export function responseHeaderChanges(
  route: Route | undefined,
  status: number,
  answeredBy: 'service' | 'function',
): Record<string, string> {
  if (route === undefined) return {};
  const refused =
    answeredBy === 'service' ? Object.keys(refusalCodes).map(Number) : Object.values(refusalCodes);
  const says = answers.includes(status) || refused.includes(status);
  const { responseHeaders, deprecated } = route;
  if (deprecated === undefined || !says) return headerChanges(responseHeaders);
  const { since, sunset, link } = deprecated;
  return {
    ...headerChanges(responseHeaders),
    'overwrite:header.Deprecation': `@${new Date(since).getTime() / 1_000}`,
    ...(sunset === undefined ? {} : { 'overwrite:header.Sunset': new Date(sunset).toUTCString() }),
    'append:header.Link': `<${link}>; rel="deprecation"`,
  };
}

function headerChanges({ set, remove }: Route['requestHeaders']): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`overwrite:header.${name}`, value])),
    ...Object.fromEntries(remove.map((name) => [`remove:header.${name}`, "''"])),
  };
}

/** Response mappings of the load balancer's answer to a health check. */
export const healthMappings = {
  'overwrite:header.x-request-id': '$context.requestId',
  'overwrite:header.Cache-Control': 'no-store',
};
