import {
  decodeOnce,
  isWellFormedDecodedPath,
  isWellFormedParameter,
  isWellFormedPath,
  isWellFormedQuery,
} from '../../../runtime/http/request-target.ts';
import type { VariantPolicy } from '../contract.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** What makes a request malformed, for the logs. */
export type RequestFault =
  | 'malformed-path'
  /** API Gateway read another path than the one that the service gets. */
  | 'ambiguous-path'
  | 'malformed-query'
  | 'repeated-parameter'
  | 'malformed-header';

/** C0 but the tab, DEL, and halves of surrogate pairs. Browsers send cookies with other bytes beyond ASCII. */
const hostile = /[^\t\x80-\x9f\P{Cc}]|\p{Surrogate}/u;

/**
 * Fields that the gateway and the services act on: printable ASCII, so that every character set reads them alike. Keys and
 * tokens are not among them: each has a grammar of its own, and what breaks it is a 401. No other field is looked at: that
 * costs more than the rest of the check, and a control character in a field is no HTTP (RFC 9110 section 5.5).
 */
const readFields = [
  'accept',
  'content-digest',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'signature',
  'signature-input',
  'traceparent',
  'x-api-version',
] as const;
const readable = /^[\t\x20-\x7e]*$/;

/** The first reason for which two layers could read the request in two ways; undefined for a well-formed one. */
export function requestFault(request: GatewayRequest): RequestFault | undefined {
  if (!isPathClear(request)) return 'malformed-path';
  if (!isPathAgreed(request)) return 'ambiguous-path';
  if (!isWellFormedQuery(request.query)) return 'malformed-query';
  return areHeadersClear(request) ? undefined : 'malformed-header';
}

/**
 * Whether the query says a parameter twice that chooses the route's variant. Which of two counts is nowhere defined, and
 * services that take lists may repeat any other.
 */
export function hasRepeatedVariantParameter(query: string, variants: readonly VariantPolicy[]): boolean {
  const names = variants.flatMap((variant) => (variant.query === null ? [] : [variant.query.name]));
  if (names.length === 0) return false;
  const parameters = new URLSearchParams(query);
  return names.some((name) => parameters.getAll(name).length > 1);
}

/** Path as the edge received it, as API Gateway decoded it, and each parameter; an absent one is judged by the others. */
function isPathClear({ target, path, routeKey, pathParameters }: GatewayRequest): boolean {
  const sent = pathOf(target);
  return (
    (sent === '' || isWellFormedPath(sent)) &&
    (path === '' || isWellFormedDecodedPath(path)) &&
    Object.entries(pathParameters).every(([name, value]) =>
      isWellFormedParameter(value, routeKey.includes(`{${name}+}`)),
    )
  );
}

/**
 * Whether API Gateway decided on the path that the edge received. The edge may put a version before it. That the API
 * decodes exactly once is thereby not assumed: were it otherwise, paths with escapes would be refused, not misread.
 */
function isPathAgreed({ target, path, routeKey, pathParameters }: GatewayRequest): boolean {
  const sent = pathOf(target);
  if (sent === '' || path === '') return true;
  const decoded = decodeOnce(sent);
  if (path !== decoded && path.replace(/^\/v\d+/, '') !== decoded) return false;
  if (!routeKey.includes('{')) return true;
  const template = routeKey.slice(routeKey.indexOf(' ') + 1).split('/');
  const segments = path.split('/');
  return template.every((word, index) => {
    const [, name = '', greedy] = /^\{(\w+)(\+)?\}$/.exec(word) ?? [];
    if (name === '') return true;
    const value = greedy === undefined ? segments[index] : segments.slice(index).join('/');
    return pathParameters[name] === value;
  });
}

/** Of `host/path`. */
function pathOf(target: string): string {
  const slash = target.indexOf('/');
  return slash < 0 ? '' : target.slice(slash);
}

function areHeadersClear({ headers, cookies }: GatewayRequest): boolean {
  return (
    readFields.every((name) => readable.test(headers[name] ?? '')) &&
    cookies.every((cookie) => !hostile.test(cookie))
  );
}
