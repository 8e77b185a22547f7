/**
 * What the edge does with every request before it looks into its cache. It runs as a CloudFront Function (JavaScript
 * runtime 2.0): ECMAScript 5.1 with const, let, arrow and async functions and template literals, and no more; the
 * bundler refuses what is newer and cannot be written so. It has no network but its key-value store, and a millisecond.
 */

import { type BlockedAddress, blockKeys, isKilled, type KilledPath, killKey } from './kill-switches.ts';

interface Value {
  value: string;
}

/** The parts of CloudFront's event that are read here. Names of headers come in lower case. */
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

/** An answer in place of the origin's. */
export interface ViewerResponse {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: Readonly<Record<string, Value>>;
  readonly body: { readonly encoding: 'text'; readonly data: string };
}

export interface ViewerRequestSettings {
  /** Headers whose names begin so are the gateway's own. */
  readonly internalPrefixes: readonly string[];
  readonly viewerAddressHeader: string;
  readonly targetHeader: string;
  readonly resources: readonly VersionedResource[];
}

export interface VersionedResource {
  /** First segment of its paths behind the version: `products` of `/v1/products/{id}`. */
  readonly name: string;
  /** Ascending. */
  readonly versions: readonly number[];
}

/** The key-value store: `get` rejects for a key that is not there. */
export interface Switches {
  readonly get: (key: string) => Promise<string>;
}

/**
 * Refuses addresses and paths that operators have named, strips what only the gateway may say, says who the viewer is
 * and what it asked for, and turns `X-API-Version` into the path's version.
 * Returns the request to go on with, or an answer.
 *
 * @public The handler that the bundler writes around it is its only caller.
 */
export async function viewerRequest(
  event: ViewerRequestEvent,
  settings: ViewerRequestSettings,
  switches: Switches,
): Promise<ViewerRequest | ViewerResponse> {
  const sentPath = event.request.uri;
  const result = changed(event, settings);
  // A browser shows a refusal to its page only after a preflight that succeeded, so no switch stops one.
  if (isPreflight(event.request)) return result;
  // The runtime takes `await` as a whole statement or initialiser only (see runtime-rules.ts), so: one after another.
  const keys = blockKeys(event.viewer.ip);
  const address = await read(switches, keys[0] as string);
  const network = await read(switches, keys[1] as string);
  const killed = await read(switches, killKey);
  const now = Math.floor(Date.now() / 1000);
  if (isBlocked(address, now) || isBlocked(network, now)) return forbidden();
  // The path as it was sent, and as the version makes it: operators know both.
  const paths = 'uri' in result ? [sentPath, result.uri] : [sentPath];
  return switchedOffAnswer(killed, paths, now) || result;
}

/** The question of a browser whether a page may send a call (Fetch standard, "CORS-preflight request"). */
function isPreflight(request: ViewerRequest): boolean {
  return request.method === 'OPTIONS' && !!request.headers['access-control-request-method'];
}

/** The stored value, parsed. A key that does not exist or cannot be read refuses nobody: the store is a tool of operators. */
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
  // X-Ray would follow the caller in what it samples ("Tracing header", X-Ray guide); AWS makes an id of its own.
  delete request.headers['x-amzn-trace-id'];
  request.headers[settings.viewerAddressHeader] = { value: event.viewer.ip };
  // Before a version is put in front of the path: a signature is over what the viewer sent.
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

/** What was asked for is not repeated, so nothing of the caller's is echoed. */
function unknownVersion(resource: VersionedResource): ViewerResponse {
  const known = resource.versions.join(', ');
  return problem(
    400,
    'Bad Request',
    `X-API-Version names no version of /${resource.name}. Known: ${known}.`,
    {},
  );
}

function forbidden(): ViewerResponse {
  return problem(403, 'Forbidden', 'Calls from this address are not taken.', {});
}

function switchedOff(entry: KilledPath): ViewerResponse {
  return problem(503, 'Service Unavailable', 'This part of the store is switched off for a while.', {
    'retry-after': { value: String(entry.retryAfterSeconds) },
  });
}

/**
 * Problem details (RFC 9457). Pages of every origin may read them, because nothing in them belongs to a caller: whether
 * CloudFront applies its response headers policy to an answer of a function is not documented.
 */
function problem(
  status: number,
  title: string,
  detail: string,
  headers: Record<string, Value>,
): ViewerResponse {
  headers['content-type'] = { value: 'application/problem+json' };
  headers['cache-control'] = { value: 'no-store' };
  headers['access-control-allow-origin'] = { value: '*' };
  headers['access-control-expose-headers'] = { value: 'retry-after' };
  return {
    statusCode: status,
    statusDescription: title,
    headers: headers,
    body: {
      encoding: 'text',
      data: JSON.stringify({ type: 'about:blank', title: title, status: status, detail: detail }),
    },
  };
}
