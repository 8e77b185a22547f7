import type { Route } from '../../lib/config/index.ts';

/**
 * The parameter mappings that the design asks for, spelled out once more so that the constructs are held to them and
 * not to themselves.
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

/** Request mappings by what answers: `health`, a `fargate` service, or the function for an
 * `external` one, a `composition` and a `webhook`. */
export const requestMappings: Readonly<Record<string, object>> = {
  health: {
    'overwrite:header.x-gw-decision': 'allow',
    'overwrite:header.x-gw-service': 'gateway',
    ...commonMappings,
  },
  fargate: { ...identityMappings, ...commonMappings },
  external: commonMappings,
  function: commonMappings,
  composition: commonMappings,
  // Its function checks the origin secret, so that is what travels on.
  webhook: webhookMappings,
};

/** Codes that services, load balancer and aggregation answer with. */
const statusCodes = [
  200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408,
  409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501,
  502, 503, 504,
];

/** Codes of the load balancer's own refusals, and what callers get for them. */
const refusalCodes: Readonly<Record<number, number>> = { 460: 400, 461: 401, 463: 403, 489: 429, 563: 503 };
export const allStatusCodes = [...statusCodes, ...Object.keys(refusalCodes).map(Number)];

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

/** Response mappings of a code; `shared` answers are kept by the edge for everybody. */
export function responseMappings(code: number, shared: boolean): Record<string, string> {
  const status = refusalCodes[code] ?? code;
  const isRefusal = code !== status;
  const good = status < 300 || status === 304;
  return {
    'overwrite:header.x-request-id': '$context.requestId',
    'overwrite:header.x-gateway-policy': '$context.authorizer.policyVersion',
    ...(status === 401 || status === 403 || (shared && good) ? {} : limitMappings),
    ...(isRefusal ? { 'overwrite:statuscode': String(status) } : {}),
    ...(isRefusal && [429, 503].includes(status)
      ? { 'overwrite:header.Retry-After': '$context.authorizer.retryAfter' }
      : {}),
    ...(isRefusal && [401, 403].includes(status)
      ? { 'overwrite:header.WWW-Authenticate': '$context.authorizer.challenge' }
      : {}),
    ...(good ? { 'overwrite:header.Cache-Control': '$context.authorizer.cacheControl' } : {}),
    ...(status >= 400 ? { 'overwrite:header.Cache-Control': 'no-store' } : {}),
    ...(shared && good ? { 'remove:header.Set-Cookie': "''" } : {}),
  };
}

/** What a route's own entry adds to the mappings of requests. */
export function changesOfRequests(route: Route | undefined): Record<string, string> {
  if (route === undefined) return {};
  const isRewritten = [route, ...route.variants].some(({ rewrite }) => rewrite !== undefined);
  return {
    ...headerChanges(route.requestHeaders),
    ...(isRewritten ? { 'overwrite:path': '$context.authorizer.path' } : {}),
  };
}

/** What a route's own entry adds to the mappings of answers, whatever their code. */
export function changesOfAnswers(route: Route | undefined): Record<string, string> {
  if (route === undefined) return {};
  const { responseHeaders, deprecated } = route;
  if (deprecated === undefined) return headerChanges(responseHeaders);
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

/** Of every code that the load balancer answers health with. */
export const healthMappings = {
  'overwrite:header.x-request-id': '$context.requestId',
  'overwrite:header.Cache-Control': 'no-store',
};
