import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import { readAddress } from '../../runtime/http/client-address.ts';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import { writeJsonText } from '../../runtime/json/json-text.ts';
import type { Log } from '../../runtime/logging/log.ts';
import type { Part, PartCaching } from './contract.ts';
import { parseJson } from './json.ts';
import { audienceOf, partHeaders } from './part-headers.ts';
import type {
  CachedPart,
  PartCache,
  SharedPartResult,
  Upstream,
  UpstreamAnswer,
  UpstreamFailureReason,
} from './ports.ts';
import { retryDelay } from './retry-delay.ts';

/** Clock, deadline and limits of one call. */
export interface RequestContext {
  readonly call: HttpRequest;
  readonly upstream: Upstream;
  readonly cache: PartCache;
  /** Milliseconds of a clock that never steps. */
  readonly now: () => number;
  /** Of the whole route, for all services. */
  readonly timeoutSeconds: number;
  /** On the same clock: when the calls to services end. */
  readonly endsAt: number;
  /** Ends all requests of the call. */
  readonly signal: AbortSignal;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, and less than 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** Why a value is missing: the request failed, or its answer is invalid. */
export type FailureReason = UpstreamFailureReason | 'server-error' | 'not-json';

/**
 * Whether the time ran out, for the status of the answer. An aborted request has lost its client, so no
 * status is needed.
 */
export function isLate(reason: string | undefined): boolean {
  return reason === 'timeout' || reason === 'aborted';
}

/** The result of one request of a part. */
export type Fetched =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      readonly source: 'service' | 'cache';
      readonly ageSeconds: number;
      /** Older than its fresh time: another caller refreshes it. */
      readonly isStale: boolean;
      /** The service's status and headers; undefined for a cached answer. */
      readonly answer?: UpstreamAnswer;
    }
  /** The service refused the call (4xx). */
  | { readonly kind: 'refused'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly cached?: CachedPart | undefined };

/** Whether a retry may help and has time left. A time-out has used the time up. */
const retryableReasons: ReadonlySet<string> = new Set(['connection', 'dns', 'server-error']);
const firstPollMilliseconds = 20;
const longestPollMilliseconds = 160;

/** Requests a part at a path: from the cache while it is fresh, otherwise from the service. */
export async function callPart(
  part: Part,
  path: string,
  body: unknown,
  context: RequestContext,
): Promise<Fetched> {
  const { cache: caching } = part;
  if (caching === undefined) return callWithRetries(part, { path, body }, context, endOf(part, context));
  const { cache } = context;
  const endsAt = endOf(part, context);
  const key = `${audienceOf(context.call, caching.shared)}\n${part.service} ${path}`;
  const cached = await cache.read(key);
  if (cached?.isFresh === true) return cachedValue(cached, false);

  const since = context.now();
  const hasLease = await cache.lease(key, part.timeoutSeconds * 1_000);
  if (!hasLease && cached !== undefined) return cachedValue(cached, true);
  const others = hasLease
    ? undefined
    : await awaitOtherRequest(key, { since, until: (context.now() + endsAt) / 2 }, context);
  if (others !== undefined) return others;

  const hasFairTime = endsAt - context.now() >= part.timeoutSeconds * 1_000 * 0.9;
  const fetched = await callWithRetries(part, { path, body }, context, endsAt);
  if (fetched.kind === 'value' && fetched.answer !== undefined && mayCache(fetched.answer, caching)) {
    await cache.write(key, fetched.answer.body.toString(), caching);
    return fetched;
  }
  const isGone = fetched.kind === 'refused' && goneStatuses.has(fetched.answer.status);
  // Drops a cached text when the service reports that the resource is gone or must not be cached.
  const drops = isGone || fetched.kind === 'value';
  if (hasLease || drops) await cache.end(key, sharedPartResult(fetched, hasFairTime), drops);
  return fetched.kind === 'failed' ? { ...fetched, cached } : fetched;
}

/** The resource no longer exists, for any caller (RFC 9110 sections 15.5.5 and 15.5.11). */
const goneStatuses: ReadonlySet<number> = new Set([404, 410]);

/**
 * Whether the service allows its answer to be cached (RFC 9111 section 5.2.2): `private` is meant for one
 * identity.
 */
function mayCache({ headers }: UpstreamAnswer, { shared }: PartCaching): boolean {
  const directives = (headers['cache-control'] ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim().split('=', 1)[0]?.trim());
  const forbidden = shared === 'public' ? ['no-store', 'no-cache', 'private'] : ['no-store', 'no-cache'];
  return !forbidden.some((directive) => directives.includes(directive));
}

/** The result of this request for other callers. An abort on our side tells them nothing. */
function sharedPartResult(fetched: Fetched, hasFairTime: boolean): SharedPartResult {
  if (fetched.kind === 'refused') return fetched;
  if (fetched.kind === 'value') return { kind: 'unshared' };
  const { reason } = fetched;
  const isOurs = reason === 'aborted' || reason === 'bulkhead-full' || (reason === 'timeout' && !hasFairTime);
  return isOurs ? { kind: 'unshared' } : { kind: 'failed', reason };
}

function endOf({ timeoutSeconds }: Part, { now, endsAt }: RequestContext): number {
  return Math.min(now() + timeoutSeconds * 1_000, endsAt);
}

/**
 * Waits for another caller's request for the same part and returns its result, also an empty one. Undefined
 * when it does not arrive in time, or when each caller has to send its own request.
 */
async function awaitOtherRequest(
  key: string,
  { since, until }: { readonly since: number; readonly until: number },
  context: RequestContext,
): Promise<Fetched | undefined> {
  for (let pause = firstPollMilliseconds; context.now() < until && !context.signal.aborted; pause *= 2) {
    await context.wait(Math.min(pause, longestPollMilliseconds, until - context.now()), context.signal);
    const { cached, ended } = await context.cache.watch(key);
    if (cached !== undefined) return cachedValue(cached, !cached.isFresh);
    // An older end belongs to an earlier request.
    if (ended === undefined || ended.ageMilliseconds > context.now() - since) continue;
    if (ended.end.kind === 'unshared') return undefined;
    return ended.end.kind === 'refused'
      ? ended.end
      : { kind: 'failed', reason: ended.end.reason as FailureReason };
  }
  return undefined;
}

interface PartRequest {
  readonly path: string;
  readonly body: unknown;
}

async function callWithRetries(
  part: Part,
  request: PartRequest,
  context: RequestContext,
  endsAt: number,
): Promise<Fetched> {
  for (let attempt = 0; ; attempt += 1) {
    const fetched = await callOnce(part, request, context, endsAt - context.now());
    const isFinal = fetched.kind !== 'failed' || !retryableReasons.has(fetched.reason);
    if (isFinal || attempt >= part.retries || context.signal.aborted) return fetched;
    await context.wait(retryDelay(attempt, context.random()), context.signal);
    if (context.now() >= endsAt) return fetched;
  }
}

async function callOnce(
  part: Part,
  { path, body }: PartRequest,
  context: RequestContext,
  timeoutMilliseconds: number,
): Promise<Fetched> {
  if (timeoutMilliseconds <= 0) return { kind: 'failed', reason: 'timeout' };
  const answer = await context.upstream.call({
    service: part.service,
    caller: callerOf(context.call),
    method: part.method,
    path,
    headers: partHeaders(context.call, part),
    ...(body === undefined ? {} : { body: new TextEncoder().encode(writeJsonText(body)) }),
    timeoutMilliseconds,
    fullTimeoutMilliseconds: Math.min(part.timeoutSeconds, context.timeoutSeconds) * 1_000,
    maxBytes: part.maxBytes,
    signal: context.signal,
  });
  if (answer.kind === 'failed') return answer;
  if (answer.status >= 500) return { kind: 'failed', reason: 'server-error' };
  if (answer.status >= 400) return { kind: 'refused', answer };
  // A redirect leads to an address that the gateway must not call.
  const value = answer.status >= 300 ? undefined : parseJson(answer.body);
  if (value === undefined) return { kind: 'failed', reason: 'not-json' };
  return { kind: 'value', value, source: 'service', ageSeconds: 0, isStale: false, answer };
}

/**
 * The caller that a breaker counts: the identity of the decision, or the subscriber of an anonymous call's
 * address. Empty for a route without authorizer.
 */
export function callerOf({ decision }: HttpRequest): string {
  const { caller = '', clientAddress = '' } = decision;
  if (caller !== '' && caller !== NO_VALUE) return caller;
  const address = readAddress(clientAddress);
  return address === undefined ? '' : `address:${address.subscriber}`;
}

function cachedValue(cached: CachedPart, isStale: boolean): Fetched {
  const value = parseJson(cached.body);
  if (value === undefined) return { kind: 'failed', reason: 'not-json' };
  return { kind: 'value', value, source: 'cache', ageSeconds: cached.ageSeconds, isStale };
}

/** The value of a cached answer, for a part whose service has failed. */
export function staleValue(cached: CachedPart | undefined): Extract<Fetched, { kind: 'value' }> | undefined {
  if (cached === undefined) return undefined;
  const fetched = cachedValue(cached, true);
  return fetched.kind === 'value' ? fetched : undefined;
}
