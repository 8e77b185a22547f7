/**
 * What the edge does with every request before it looks into its cache. It runs as a CloudFront Function (JavaScript
 * runtime 2.0): ECMAScript 5.1 with const, let, arrow and async functions and template literals, and no more; the
 * bundler refuses what is newer and cannot be written so. It has no network but its key-value store, and a millisecond.
 */

import { type BlockedAddress, blockKeys, isKilled, type KilledPath, killKey } from './switches.ts';

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
  const asked = event.request.uri;
  const result = changed(event, settings);
  // The path as it was sent, and as the version makes it: operators know both.
  const paths = 'uri' in result ? [asked, result.uri] : [asked];
  return (await refusal(event.viewer.ip, paths, switches)) || result;
}

async function refusal(
  address: string,
  paths: string[],
  switches: Switches,
): Promise<ViewerResponse | undefined> {
  const keys = blockKeys(address);
  const values = await Promise.all([killKey].concat(keys).map((key) => read(switches, key)));
  const now = Math.floor(Date.now() / 1000);
  const holds = (entry: { readonly until: number }) => !entry.until || entry.until > now;
  const blocks = values.slice(1) as (BlockedAddress | undefined)[];
  if (blocks.some((block) => !!block && holds(block))) return forbidden();
  const switched = Array.isArray(values[0]) ? (values[0] as KilledPath[]) : [];
  const killed = switched.filter((entry) => holds(entry) && paths.some((path) => isKilled(path, entry.path)));
  return killed[0] ? switchedOff(killed[0]) : undefined;
}

/** What is not there, or cannot be read, refuses nobody: the store is a tool of operators, not a gate. */
async function read(switches: Switches, key: string): Promise<unknown> {
  try {
    return JSON.parse(await switches.get(key));
  } catch {
    return undefined;
  }
}

function changed(event: ViewerRequestEvent, settings: ViewerRequestSettings): ViewerRequest | ViewerResponse {
  const request = event.request;
  Object.keys(request.headers).forEach((name) => {
    if (settings.internalPrefixes.some((prefix) => name.indexOf(prefix) === 0)) delete request.headers[name];
  });
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

/** Problem details (RFC 9457). */
function problem(
  status: number,
  title: string,
  detail: string,
  headers: Record<string, Value>,
): ViewerResponse {
  headers['content-type'] = { value: 'application/problem+json' };
  headers['cache-control'] = { value: 'no-store' };
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
