import type { HeaderFields } from '../../http/header-fields.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { EdgeRequest } from './edge-request.ts';
import { anyOf, type Selection, selectCookies, selectQuery } from './policy-selection.ts';

export interface Origin {
  /** The connections to the origin; call it when all servers listen. */
  readonly upstream: () => Upstream;
  /** The `Host` of requests to the origin. */
  readonly domainName: string;
  /** A prefix of every path: empty, or with a leading slash. */
  readonly path: string;
  /** Headers that the distribution sets; they replace those of the viewer. */
  readonly customHeaders: HeaderFields;
  readonly readTimeoutSeconds: number;
}

/** The parts of a viewer's request that CloudFront forwards to the origin. */
export interface Forwarding {
  readonly headers: Selection;
  readonly cookies: Selection;
  readonly queryStrings: Selection;
}

/** Combines cache policy and origin request policy: a value is forwarded when either selects it. */
export function forwardingOf(one: Forwarding, other: Forwarding | null): Forwarding {
  if (other === null) return one;
  return {
    headers: anyOf(one.headers, other.headers),
    cookies: anyOf(one.cookies, other.cookies),
    queryStrings: anyOf(one.queryStrings, other.queryStrings),
  };
}

/** Headers that CloudFront always forwards: they describe the body or a conditional or partial request. */
const always =
  /^(content-(length|type|md5|encoding|language)|range|if-(match|none-match|modified-since|unmodified-since|range)|transfer-encoding)$/;

/** Headers that CloudFront removes or sets ("HTTP request headers and CloudFront behavior"). */
const own = /^(cloudfront-.*|x-amz-cf-.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/**
 * The header fields of the request to the origin.
 *
 * @param acceptEncoding the value that the cache policy normalised; null to forward that of the viewer.
 */
export function originHeaders(
  request: EdgeRequest,
  origin: Origin,
  forwarding: Forwarding,
  acceptEncoding: string | null,
): HeaderFields {
  const headers = request.headers.copy();
  headers.deleteHopByHop();
  headers.keep((name) => always.test(name) || (forwarding.headers(name) && !own.test(name)));

  const cookie = selectCookies(request.headers.get('cookie'), forwarding.cookies);
  headers.delete('cookie');
  if (cookie !== undefined) headers.set('cookie', cookie);

  if (acceptEncoding !== null) {
    headers.delete('accept-encoding');
    if (acceptEncoding !== '') headers.set('accept-encoding', acceptEncoding);
  }
  if (!forwarding.headers('host')) headers.set('host', origin.domainName);
  if (!forwarding.headers('user-agent')) headers.set('user-agent', 'Amazon CloudFront');

  const before = request.headers.get('x-forwarded-for');
  headers.set(
    'x-forwarded-for',
    before === undefined ? request.viewerAddress : `${before}, ${request.viewerAddress}`,
  );
  const via = request.headers.get('via');
  headers.set('via', via === undefined ? viaValue : `${via}, ${viaValue}`);
  headers.set('x-amz-cf-id', request.requestId);
  for (const name of origin.customHeaders.names()) headers.set(name, origin.customHeaders.get(name) ?? '');
  return headers;
}

export const viaValue = '1.1 localhost (CloudFront)';

export function originTarget(request: EdgeRequest, origin: Origin, forwarding: Forwarding): string {
  const query = selectQuery(request.query, forwarding.queryStrings);
  return `${origin.path}${request.path}${query === '' ? '' : `?${query}`}`;
}
