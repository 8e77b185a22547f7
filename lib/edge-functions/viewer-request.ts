/**
 * What the edge does with every request before it looks into its cache. It runs as a CloudFront Function (JavaScript
 * runtime 2.0): ECMAScript 5.1 with const, let, arrow functions and template literals, and no more; the bundler
 * refuses what is newer and cannot be written so. It has no network, no clock worth asking, and a millisecond.
 */

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

/**
 * Strips what only the gateway may say, says who the viewer is and what it asked for, and turns `X-API-Version` into the path's version.
 * Returns the request to go on with, or an answer.
 *
 * @public The handler that the bundler writes around it is its only caller.
 */
export function viewerRequest(
  event: ViewerRequestEvent,
  settings: ViewerRequestSettings,
): ViewerRequest | ViewerResponse {
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

/** Problem details (RFC 9457). What was asked for is not repeated, so nothing of the caller's is echoed. */
function unknownVersion(resource: VersionedResource): ViewerResponse {
  return {
    statusCode: 400,
    statusDescription: 'Bad Request',
    headers: {
      'content-type': { value: 'application/problem+json' },
      'cache-control': { value: 'no-store' },
    },
    body: {
      encoding: 'text',
      data: JSON.stringify({
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: `X-API-Version names no version of /${resource.name}. Known: ${resource.versions.join(', ')}.`,
      }),
    },
  };
}
