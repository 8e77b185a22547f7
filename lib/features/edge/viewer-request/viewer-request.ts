/**
 * Runs for every request at the edge, before the cache lookup. It is a CloudFront Function (JavaScript runtime 2.0): ECMAScript
 * 5.1 with const, let, arrow functions, async functions and template literals. The build refuses newer syntax that cannot be
 * transformed. The function has one millisecond and no network except its key-value store.
 */

import { type BlockedAddress, blockKeys, isKilled, type KilledPath, killKey } from './kill-switches.ts';

interface Value {
  value: string;
}

/** The parts of CloudFront's event that the function reads. Header names are in lower case. */
export interface ViewerRequestEvent {
  readonly viewer: { readonly ip: string };
  readonly request: ViewerRequest;
}

export interface ViewerRequest {
  readonly method: string;
  uri: string;
  readonly querystring: Readonly<Record<string, unknown>>;
  readonly headers: Record<string, Value>;
  readonly cookies: Readonly<Record<string, unknown>>;
}

/** A response that the function returns instead of the origin. */
export interface ViewerResponse {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: Readonly<Record<string, Value>>;
  readonly body: { readonly encoding: 'text'; readonly data: string };
}

export interface ViewerRequestSettings {
  /** Prefix of the gateway's internal headers. */
  readonly internalPrefixes: readonly string[];
  readonly viewerAddressHeader: string;
  readonly targetHeader: string;
  readonly resources: readonly VersionedResource[];
}

export interface VersionedResource {
  /** First path segment after the version: `products` of `/v1/products/{id}`. */
  readonly name: string;
  /** Versions in ascending order. */
  readonly versions: readonly number[];
}

/** The key-value store: `get` rejects for a key that does not exist. */
export interface Switches {
  readonly get: (key: string) => Promise<string>;
}

/**
 * Refuses blocked addresses and switched-off paths, removes internal headers from the request, adds the headers with the
 * viewer's address and the original target, and turns `X-API-Version` into the version of the path.
 * Returns the request to continue with, or a response.
 *
 * @public Only the handler that the build generates calls it.
 */
export async function viewerRequest(
  event: ViewerRequestEvent,
  settings: ViewerRequestSettings,
  switches: Switches,
): Promise<ViewerRequest | ViewerResponse> {
  const sentPath = event.request.uri;
  const result = changed(event, settings);
  // A page can read a refusal only after a successful preflight, so no switch stops preflights.
  if (isPreflight(event.request)) return result;
  // The runtime supports `await` only as a whole statement or initializer (unsupported-syntax.ts), so the reads are sequential.
  const keys = blockKeys(event.viewer.ip);
  const address = await read(switches, keys[0] as string);
  const network = await read(switches, keys[1] as string);
  const killed = await read(switches, killKey);
  const now = Math.floor(Date.now() / 1000);
  if (isBlocked(address, now) || isBlocked(network, now)) return forbidden();
  // Operators may name the path as sent, or the path with the version.
  const paths = 'uri' in result ? [sentPath, result.uri] : [sentPath];
  return switchedOffAnswer(killed, paths, now) || result;
}

/** Whether the request is a CORS preflight (Fetch standard, "CORS-preflight request"). */
function isPreflight(request: ViewerRequest): boolean {
  return request.method === 'OPTIONS' && !!request.headers['access-control-request-method'];
}

/** The parsed value of a key. A missing or invalid value refuses no request, because the store contains only kill switches. */
async function read(switches: Switches, key: string): Promise<unknown> {
  try {
    const text = await switches.get(key);
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isBlocked(entry: unknown, now: number): boolean {
  return !!entry && isInForce(entry as BlockedAddress, now);
}

function isInForce(entry: { readonly until: number }, now: number): boolean {
  return !entry.until || entry.until > now;
}

function switchedOffAnswer(killed: unknown, paths: string[], now: number): ViewerResponse | undefined {
  const entries = Array.isArray(killed) ? (killed as KilledPath[]) : [];
  const entry = entries.filter(
    (candidate) => isInForce(candidate, now) && paths.some((path) => isKilled(path, candidate.path)),
  )[0];
  return entry ? switchedOff(entry) : undefined;
}

function changed(event: ViewerRequestEvent, settings: ViewerRequestSettings): ViewerRequest | ViewerResponse {
  const request = event.request;
  Object.keys(request.headers).forEach((name) => {
    if (settings.internalPrefixes.some((prefix) => name.indexOf(prefix) === 0)) delete request.headers[name];
  });
  // X-Ray would sample by the caller's header ("Tracing header", X-Ray guide); without it, AWS generates a trace id.
  delete request.headers['x-amzn-trace-id'];
  request.headers[settings.viewerAddressHeader] = { value: event.viewer.ip };
  // Before the version is added to the path: signatures cover the target that the viewer sent.
  const host = request.headers['host'];
  request.headers[settings.targetHeader] = { value: (host ? host.value : '') + request.uri };
  return withVersion(request, settings.resources);
}

function withVersion(
  request: ViewerRequest,
  resources: readonly VersionedResource[],
): ViewerRequest | ViewerResponse {
  const segment = request.uri.split('/')[1];
  const resource = resources.find((candidate) => candidate.name === segment);
  if (!resource) return request;

  const header = request.headers['x-api-version'];
  const latest = resource.versions[resource.versions.length - 1];
  const asked = header ? header.value.replace(/^v/i, '') : String(latest);
  if (!resource.versions.some((version) => String(version) === asked)) return unknownVersion(resource);
  request.uri = `/v${asked}${request.uri}`;
  return request;
}

/** The response does not echo the requested version, which is the caller's input. */
function unknownVersion(resource: VersionedResource): ViewerResponse {
  const known = resource.versions.join(', ');
  const detail = `X-API-Version names no version of /${resource.name}. Known: ${known}.`;
  return problem({ type: 'about:blank', title: 'Bad Request', status: 400, detail: detail }, {});
}

function forbidden(): ViewerResponse {
  const detail = 'Calls from this address are not taken.';
  return problem({ type: 'about:blank', title: 'Forbidden', status: 403, detail: detail }, {});
}

/** As the gateway answers during maintenance, and for an operation that operators switched off. */
function switchedOff(entry: KilledPath): ViewerResponse {
  const problemDetails = entry.maintenance
    ? {
        type: 'urn:gatehouse:problem:maintenance',
        title: 'Down for Maintenance',
        status: 503,
        detail: 'The shop is down for maintenance. Retry after the time in Retry-After.',
      }
    : {
        type: 'urn:gatehouse:problem:switched-off',
        title: 'Switched Off',
        status: 503,
        detail: 'This part of the shop is switched off for now. Retry after the time in Retry-After.',
      };
  return problem(problemDetails, { 'retry-after': { value: String(entry.retryAfterSeconds) } });
}

interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/**
 * Problem details (RFC 9457). Pages of all origins may read them, because they contain no caller's data. Whether CloudFront
 * applies the response headers policy to a function's response is not documented.
 */
function problem(problemDetails: ProblemDetails, headers: Record<string, Value>): ViewerResponse {
  headers['content-type'] = { value: 'application/problem+json' };
  headers['cache-control'] = { value: 'no-store' };
  headers['access-control-allow-origin'] = { value: '*' };
  headers['access-control-expose-headers'] = { value: 'retry-after' };
  return {
    statusCode: problemDetails.status,
    statusDescription: problemDetails.title,
    headers: headers,
    body: {
      encoding: 'text',
      data: JSON.stringify(problemDetails),
    },
  };
}
