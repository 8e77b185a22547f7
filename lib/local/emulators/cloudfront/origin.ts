import type { HeaderFields } from '../../http/header-fields.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { EdgeRequest } from './edge-request.ts';
import { anyOf, type Selection, selectCookies, selectQuery } from './policy-selection.ts';

export interface Origin {
  /** Connections to it; they are there once the layers listen. */
  readonly upstream: () => Upstream;
  /** What the origin is asked for as `Host`. */
  readonly domainName: string;
  /** Put before every path; empty or beginning with a slash. */
  readonly path: string;
  /** Headers that the distribution adds, in place of a viewer's own. */
  readonly customHeaders: HeaderFields;
  readonly readTimeoutSeconds: number;
}

/** What of a viewer's request goes on to the origin. */
export interface Forwarding {
  readonly headers: Selection;
  readonly cookies: Selection;
  readonly queryStrings: Selection;
}

/** Cache policy and origin request policy together: either may ask for a value. */
export function forwardingOf(one: Forwarding, other: Forwarding | null): Forwarding {
  if (other === null) return one;
  return {
    headers: anyOf(one.headers, other.headers),
    cookies: anyOf(one.cookies, other.cookies),
    queryStrings: anyOf(one.queryStrings, other.queryStrings),
  };
}

/** Headers that go on whatever the policies say: they belong to the body or to the kind of answer. */
const always =
  /^(content-(length|type|md5|encoding|language)|range|if-(match|none-match|modified-since|unmodified-since|range)|transfer-encoding)$/;

/** Headers that CloudFront removes or sets itself ("HTTP request headers and CloudFront behavior"). */
const own = /^(cloudfront-.*|x-amz-cf-.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/**
 * Header fields of the request to the origin.
 *
 * @param acceptEncoding normalised by the cache policy; null where the policy leaves the viewer's.
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
