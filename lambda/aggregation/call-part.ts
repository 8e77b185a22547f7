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

/** The world of one call. */
export interface RequestContext {
  readonly call: HttpRequest;
  readonly upstream: Upstream;
  readonly cache: PartCache;
  /** Milliseconds of a clock that never steps. */
  readonly now: () => number;
  /** Of the whole route, for all services. */
  readonly timeoutSeconds: number;
  /** On the same clock: nobody waits for a service any longer. */
  readonly endsAt: number;
  /** Ends all requests of the call. */
  readonly signal: AbortSignal;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, and less than 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** Why there is no value: the request failed, or what came back is none. */
export type FailureReason = UpstreamFailureReason | 'server-error' | 'not-json';

/** Whether time was up, for the status of the answer. An aborted request has lost its caller, who reads none. */
export function isLate(reason: string | undefined): boolean {
  return reason === 'timeout' || reason === 'aborted';
}

/** What one request of a part comes to. */
export type Fetched =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      readonly source: 'service' | 'cache';
      readonly ageSeconds: number;
      /** Older than its fresh time: somebody else asks anew. */
      readonly isStale: boolean;
      /** What the service said beside the body; undefined for a kept answer. */
      readonly answer?: UpstreamAnswer;
    }
  /** The service says that the call is at fault (4xx). */
  | { readonly kind: 'refused'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly kept?: CachedPart | undefined };

/** Where another attempt may help, and time is left for it. A time-out has used the time up. */
const worthRetrying: ReadonlySet<string> = new Set(['connection', 'dns', 'server-error']);
const firstPollMilliseconds = 20;
const longestPollMilliseconds = 160;

/** Asks for a part at a path: from the cache while it is fresh, otherwise from the service. */
export async function callPart(
  part: Part,
  path: string,
  body: unknown,
  asking: RequestContext,
): Promise<Fetched> {
  const { cache: keeping } = part;
  if (keeping === undefined) return retrying(part, path, body, asking, endOf(part, asking));
  const { cache } = asking;
  const endsAt = endOf(part, asking);
  const key = `${audienceOf(asking.call, keeping.shared)}\n${part.service} ${path}`;
  const kept = await cache.read(key);
  if (kept?.isFresh === true) return cachedValue(kept, false);

  const since = asking.now();
  const isMine = await cache.lease(key, part.timeoutSeconds * 1_000);
  if (!isMine && kept !== undefined) return cachedValue(kept, true);
  const others = isMine
    ? undefined
    : await awaitOther(key, { since, until: (asking.now() + endsAt) / 2 }, asking);
  if (others !== undefined) return others;

  const hasFairTime = endsAt - asking.now() >= part.timeoutSeconds * 1_000 * 0.9;
  const fetched = await retrying(part, path, body, asking, endsAt);
  if (fetched.kind === 'value' && fetched.answer !== undefined && mayCache(fetched.answer, keeping)) {
    await cache.write(key, fetched.answer.body.toString(), keeping);
    return fetched;
  }
  const isGone = fetched.kind === 'refused' && goneStatuses.has(fetched.answer.status);
  // A text that was kept may not outlive the service's word that it is gone, or may not be kept.
  const drops = isGone || fetched.kind === 'value';
  if (isMine || drops) await cache.end(key, sharedPartResult(fetched, hasFairTime), drops);
  return fetched.kind === 'failed' ? { ...fetched, kept } : fetched;
}

/** What was there is so no more, for whoever asks (RFC 9110 sections 15.5.5 and 15.5.11). */
const goneStatuses: ReadonlySet<number> = new Set([404, 410]);

/** Whether the service lets its answer be kept (RFC 9111 section 5.2.2): `private` is meant for one identity alone. */
function mayCache({ headers }: UpstreamAnswer, { shared }: PartCaching): boolean {
  const directives = (headers['cache-control'] ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim().split('=', 1)[0]?.trim());
  const forbidden = shared === 'public' ? ['no-store', 'no-cache', 'private'] : ['no-store', 'no-cache'];
  return !forbidden.some((directive) => directives.includes(directive));
}

/** What others learn of a request of ours. That it was cut short on our side says nothing to them. */
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
 * Another caller is asking for the same: what it gets is ours, also that there is nothing. Undefined when it does not
 * come until then, or when each has to ask for itself.
 */
async function awaitOther(
  key: string,
  { since, until }: { readonly since: number; readonly until: number },
  asking: RequestContext,
): Promise<Fetched | undefined> {
  for (let pause = firstPollMilliseconds; asking.now() < until && !asking.signal.aborted; pause *= 2) {
    await asking.wait(Math.min(pause, longestPollMilliseconds, until - asking.now()), asking.signal);
    const { kept, ended } = await asking.cache.watch(key);
    if (kept !== undefined) return cachedValue(kept, !kept.isFresh);
    // An older end is of an earlier request.
    if (ended === undefined || ended.ageMilliseconds > asking.now() - since) continue;
    if (ended.end.kind === 'unshared') return undefined;
    return ended.end.kind === 'refused'
      ? ended.end
      : { kind: 'failed', reason: ended.end.reason as FailureReason };
  }
  return undefined;
}

async function retrying(
  part: Part,
  path: string,
  body: unknown,
  asking: RequestContext,
  endsAt: number,
): Promise<Fetched> {
  for (let attempt = 0; ; attempt += 1) {
    const fetched = await askOnce(part, path, body, asking, endsAt - asking.now());
    const isFinal = fetched.kind !== 'failed' || !worthRetrying.has(fetched.reason);
    if (isFinal || attempt >= part.retries || asking.signal.aborted) return fetched;
    await asking.wait(retryDelay(attempt, asking.random()), asking.signal);
    if (asking.now() >= endsAt) return fetched;
  }
}

async function askOnce(
  part: Part,
  path: string,
  body: unknown,
  asking: RequestContext,
  timeoutMilliseconds: number,
): Promise<Fetched> {
  if (timeoutMilliseconds <= 0) return { kind: 'failed', reason: 'timeout' };
  const answer = await asking.upstream.call({
    service: part.service,
    caller: callerOf(asking.call),
    method: part.method,
    path,
    headers: partHeaders(asking.call, part),
    ...(body === undefined ? {} : { body: new TextEncoder().encode(writeJsonText(body)) }),
    timeoutMilliseconds,
    fullTimeoutMilliseconds: Math.min(part.timeoutSeconds, asking.timeoutSeconds) * 1_000,
    maxBytes: part.maxBytes,
    signal: asking.signal,
  });
  if (answer.kind === 'failed') return answer;
  if (answer.status >= 500) return { kind: 'failed', reason: 'server-error' };
  if (answer.status >= 400) return { kind: 'refused', answer };
  // A redirect leads to an address that is not the gateway's to call.
  const value = answer.status >= 300 ? undefined : parseJson(answer.body);
  if (value === undefined) return { kind: 'failed', reason: 'not-json' };
  return { kind: 'value', value, source: 'service', ageSeconds: 0, isStale: false, answer };
}

/**
 * Whom a breaker counts: the identity of the decision, or the subscriber whose address an anonymous call has. Empty where no
 * authorizer was asked.
 */
export function callerOf({ decision }: HttpRequest): string {
  const { caller = '', clientAddress = '' } = decision;
  if (caller !== '' && caller !== NO_VALUE) return caller;
  const address = readAddress(clientAddress);
  return address === undefined ? '' : `address:${address.subscriber}`;
}

function cachedValue(kept: CachedPart, isStale: boolean): Fetched {
  const value = parseJson(kept.body);
  if (value === undefined) return { kind: 'failed', reason: 'not-json' };
  return { kind: 'value', value, source: 'cache', ageSeconds: kept.ageSeconds, isStale };
}

/** The value of a kept answer, for a part whose service has failed. */
export function staleValue(kept: CachedPart | undefined): Extract<Fetched, { kind: 'value' }> | undefined {
  if (kept === undefined) return undefined;
  const fetched = cachedValue(kept, true);
  return fetched.kind === 'value' ? fetched : undefined;
}
