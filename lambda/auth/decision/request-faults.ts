import {
  decodeOnce,
  isWellFormedDecodedPath,
  isWellFormedParameter,
  isWellFormedPath,
  isWellFormedQuery,
} from '../../../runtime/http/request-target.ts';
import type { VariantPolicy } from '../contract.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** Why a request is malformed, for the logs. */
export type RequestFault =
  | 'malformed-path'
  /** API Gateway read another path than the one that the service gets. */
  | 'ambiguous-path'
  | 'malformed-query'
  | 'repeated-parameter'
  | 'malformed-header';

/**
 * C0 except the tab, DEL, and halves of surrogate pairs. Browsers send cookies with other bytes beyond ASCII.
 */
const hostile = /[^\t\x80-\x9f\P{Cc}]|\p{Surrogate}/u;

/**
 * Fields that the gateway and the services act on: printable ASCII, so that every character set reads them
 * alike. Keys and tokens have their own grammars, whose violation is a 401. Other fields are not checked:
 * that would take longer than all other checks, and a control character in a field is not valid HTTP (RFC
 * 9110 section 5.5).
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

/** The first reason why two layers could read the request differently; undefined for a well-formed one. */
export function requestFault(request: GatewayRequest): RequestFault | undefined {
  if (!isPathClear(request)) return 'malformed-path';
  if (!isPathAgreed(request)) return 'ambiguous-path';
  if (!isWellFormedQuery(request.query)) return 'malformed-query';
  return areHeadersClear(request) ? undefined : 'malformed-header';
}

/**
 * Whether the query repeats a parameter that chooses the route's variant. It is undefined which of two values
 * counts, and other parameters may repeat for services that accept lists.
 */
export function hasRepeatedVariantParameter(query: string, variants: readonly VariantPolicy[]): boolean {
  const names = variants.flatMap((variant) => (variant.query === null ? [] : [variant.query.name]));
  if (names.length === 0) return false;
  const parameters = new URLSearchParams(query);
  return names.some((name) => parameters.getAll(name).length > 1);
}

/**
 * Checks the path as the edge received it, as API Gateway decoded it, and each parameter; a missing one is
 * covered by the others.
 */
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
 * Whether API Gateway decided on the path that the edge received. The edge may put a version before it. This
 * does not assume that the API decodes exactly once: otherwise, paths with escapes would be refused, not
 * misread.
 */
function isPathAgreed({ target, path, routeKey, pathParameters }: GatewayRequest): boolean {
  const sent = pathOf(target);
  if (sent === '' || path === '') return true;
  const decoded = decodeOnce(sent);
  if (path !== decoded && path.replace(/^\/v\d+/, '') !== decoded) return false;
  if (!routeKey.includes('{')) return true;
  const template = routeKey.slice(routeKey.indexOf(' ') + 1).split('/');
  const segments = path.split('/');
  return template.every((segment, index) => {
    const [, name = '', greedy] = /^\{(\w+)(\+)?\}$/.exec(segment) ?? [];
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
