import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import { encodePath } from '../../runtime/http/path-template.ts';
import { incomingTrace } from '../../runtime/logging/trace-context.ts';
import type { ExternalComposition } from './contract.ts';
import type { UpstreamCall } from './ports.ts';

/** A request to an external service; the body is left out for methods that have none. */
export type UpstreamRequest = Pick<UpstreamCall, 'path' | 'method' | 'headers' | 'body'>;

/**
 * Headers of the caller that are forwarded. Never a credential or a cookie: those are for the gateway alone.
 */
const forwardedHeaders = [
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'range',
  'user-agent',
] as const;

/**
 * Identity headers, by the context's key. The email and the address stay inside: an external service gets no
 * personal data that it does not need.
 */
const identityHeaders = {
  [requestHeaders.userId]: 'userId',
  [requestHeaders.userRole]: 'userRole',
  [requestHeaders.clientId]: 'clientId',
  [requestHeaders.plan]: 'plan',
} as const;

/**
 * Turns a call into one to the external service: its path and query relative to the service's URL. Undefined
 * when the path would leave that URL.
 */
export function upstreamRequest(
  call: HttpRequest,
  composition: ExternalComposition,
): UpstreamRequest | undefined {
  const path = upstreamPath(call, composition.url);
  if (path === undefined) return undefined;
  const hasBody = call.body.length > 0 && call.method !== 'GET' && call.method !== 'HEAD';
  return {
    path,
    method: call.method,
    headers: { ...pick(call.headers, forwardedHeaders), ...traceOf(call.headers), ...ownHeaders(call) },
    ...(hasBody ? { body: Uint8Array.from(call.body) } : {}),
  };
}

/**
 * Relative to the service's URL. The API passes the path decoded once, so each segment is encoded again; the
 * query is as it was sent.
 */
function upstreamPath({ path, query }: HttpRequest, baseUrl: string): string | undefined {
  const written = encodePath(path);
  if (written === undefined) return undefined;
  const base = baseUrl.replace(/\/$/, '');
  const target = `${base}${written}?${query}`;
  if (!URL.canParse(target)) return undefined;
  const { origin, pathname, search } = new URL(target);
  const root = new URL(`${base}/`);
  if (origin !== root.origin || !pathname.startsWith(root.pathname)) return undefined;
  return pathname.slice(root.pathname.length - 1) + search;
}

/** The AWS trace header is internal and is not forwarded. */
function traceOf(headers: HttpRequest['headers']): Record<string, string> {
  const { 'x-amzn-trace-id': _, ...trace } = incomingTrace(headers);
  return trace;
}

function ownHeaders({ decision, requestId }: HttpRequest): Record<string, string> {
  const identity = Object.entries(identityHeaders).map(([header, key]) => [header, decision[key] ?? '']);
  return Object.fromEntries([...identity, [requestHeaders.requestId, requestId]]) as Record<string, string>;
}

function pick(headers: HttpRequest['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
