import { NO_VALUE, requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import { incomingTrace } from '../../runtime/logging/trace-context.ts';
import type { Part } from './contract.ts';

/** The identity that the answer is for, by the decision's key. */
const identity = {
  [requestHeaders.userId]: 'userId',
  [requestHeaders.userEmail]: 'userEmail',
  [requestHeaders.userRole]: 'userRole',
  [requestHeaders.clientId]: 'clientId',
  [requestHeaders.clientAddress]: 'clientAddress',
  [requestHeaders.plan]: 'plan',
} as const;

/** Personal data, which external services do not get. */
const inside: ReadonlySet<string> = new Set([requestHeaders.userEmail, requestHeaders.clientAddress]);

/** Headers of the caller that a part may depend on; not for a part whose answers are shared. */
const preferences = ['accept-language'] as const;
/** Further headers that a write depends on. */
const conditions = [
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
] as const;

/**
 * The headers of a part's request: decision, identity, trace and request id are forwarded; credentials never
 * are.
 */
export function partHeaders(
  call: HttpRequest,
  part: Pick<Part, 'service' | 'isExternal' | 'method' | 'cache'>,
): Record<string, string> {
  const isPublic = part.cache?.shared === 'public';
  const headers: Record<string, string> = {
    accept: 'application/json',
    [requestHeaders.requestId]: call.requestId,
    ...incomingTrace(call.headers),
    ...(isPublic ? {} : pick(call.headers, preferences)),
    ...(part.method === 'GET' ? {} : pick(call.headers, conditions)),
  };
  for (const [header, key] of Object.entries(identity)) {
    if (part.isExternal && inside.has(header)) continue;
    headers[header] = isPublic ? NO_VALUE : (call.decision[key] ?? NO_VALUE);
  }
  if (!part.isExternal) {
    headers[requestHeaders.decision] = 'allow';
    headers[requestHeaders.service] = part.service;
    headers[requestHeaders.cohort] = call.decision['cohort'] ?? NO_VALUE;
  }
  return headers;
}

/** The audience of a cached answer: all callers, or one. */
export function audienceOf({ decision, headers }: HttpRequest, shared: 'public' | 'identity'): string {
  const cohort = decision['cohort'] ?? NO_VALUE;
  if (shared === 'public') return `public ${cohort}`;
  const words = [
    cohort,
    ...Object.values(identity).map((key) => decision[key] ?? NO_VALUE),
    headers['accept-language'] ?? '',
  ];
  return JSON.stringify(words);
}

function pick(headers: HttpRequest['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
