import { createHash } from 'node:crypto';
import { admitScript, reportScript, settleScript } from '../../runtime/limit-store/breaker-scripts.ts';
import type { Script, Scripts } from '../../runtime/limit-store/script-runner.ts';
import type { Upstream, UpstreamAnswer, UpstreamFailure, UpstreamFailureReason } from './ports.ts';

/** When a service's breaker opens, and how it closes again. */
export interface BreakerSettings {
  /** Length of the window, a multiple of ten milliseconds. */
  readonly windowMilliseconds: number;
  /** It opens at this many failures in the window … */
  readonly failures: number;
  /** … of which at most so many count of one caller, far fewer than open it … */
  readonly failuresOfOneCaller: number;
  /** … when they are at least this share of its calls. */
  readonly percent: number;
  readonly openMilliseconds: number;
  /** Number of probes after that time, which all have to pass. */
  readonly probes: number;
  /** A probe that has not settled by then frees its place; longer than any call may take. */
  readonly leaseMilliseconds: number;
}

export interface BreakersPorts {
  readonly scripts: Scripts;
  readonly settings: BreakerSettings;
  /** Milliseconds of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * How long an instance assumes a breaker to be closed without reading the limit store, and so may call a
 * service that other instances have found to be down.
 */
const trustMilliseconds = 1_000;

/** The local state of one service's breaker. */
interface CachedBreakerState {
  /** The cached state, closed or open, is valid until then. */
  until: number;
  isOpen: boolean;
  /** Successful calls through the closed breaker that are not yet reported to the limit store. */
  successes: number;
}

/** A probe's lease, or undefined for a call through a closed breaker. */
type Lease = number | undefined;

/**
 * Stops calls to services that are down: one breaker for each service, with its state in the limit store and
 * so the same for all instances, because one instance of a Lambda sees too few calls to detect an outage.
 * A closed breaker costs one limit-store call per second and instance, which also reports the successes since
 * the last; an open one costs none until it may be half-open. Failures are reported at once. While the limit
 * store is unavailable, all breakers are closed.
 */
export function withBreakers(upstream: Upstream, ports: BreakersPorts): Upstream {
  const breakers = new Map<string, Breaker>();
  return {
    call: async (call) => {
      const breaker = breakers.get(call.service) ?? new Breaker(call.service, ports);
      breakers.set(call.service, breaker);
      const admission = await breaker.admit(call.caller);
      if (!admission.admitted) return { kind: 'failed', reason: 'breaker-open' };
      const askedAt = ports.now();
      const answer = await upstream.call(call);
      const isFair = ports.now() - askedAt >= call.fullTimeoutMilliseconds * fairShare;
      await breaker.settle(admission.lease, call.caller, outcomeOf(answer, isFair));
      return answer;
    },
  };
}

type Outcome = 'passed' | 'failed' | 'unknown';

/**
 * A time-out counts when the service had this share of its declared time; after less it does not indicate a
 * failure.
 */
const fairShare = 0.9;

/**
 * Whether a failure counts against its service: not when it was never called or the caller ended the call.
 */
const outcomes: Readonly<Record<UpstreamFailureReason, Outcome>> = {
  timeout: 'failed',
  connection: 'failed',
  dns: 'failed',
  'too-large': 'passed',
  'invalid-answer': 'unknown',
  aborted: 'unknown',
  'breaker-open': 'unknown',
  'bulkhead-full': 'unknown',
};

/** Statuses of a service, or of a proxy before it, that is unavailable (RFC 9110 section 15.6). */
const unavailable: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * A service that answers 4xx works. Any other 5xx, such as 500, counts as neither: one call may provoke it
 * without affecting others, and the service answers quickly.
 */
function outcomeOf(answer: UpstreamAnswer | UpstreamFailure, isFair: boolean): Outcome {
  if (answer.kind === 'failed') {
    return answer.reason === 'timeout' && !isFair ? 'unknown' : outcomes[answer.reason];
  }
  if (unavailable.has(answer.status)) return 'failed';
  return answer.status >= 500 ? 'unknown' : 'passed';
}

class Breaker {
  readonly #key: string;
  readonly #ports: BreakersPorts;
  readonly #commonArgs: readonly string[];
  readonly #known: CachedBreakerState = { until: Number.NEGATIVE_INFINITY, isOpen: false, successes: 0 };

  constructor(service: string, ports: BreakersPorts) {
    const { windowMilliseconds, failures, percent, openMilliseconds, probes, leaseMilliseconds } =
      ports.settings;
    const { failuresOfOneCaller } = ports.settings;
    this.#ports = ports;
    this.#key = `gh:{breaker:${service}}`;
    this.#commonArgs = [
      windowMilliseconds * 100,
      failures,
      percent,
      openMilliseconds * 1_000,
      probes,
      leaseMilliseconds * 1_000,
      failuresOfOneCaller,
    ].map(String);
  }

  async admit(caller: string): Promise<{ readonly admitted: boolean; readonly lease?: Lease }> {
    if (this.#ports.now() < this.#known.until) return { admitted: !this.#known.isOpen };
    const { successes } = this.#known;
    this.#known.successes = 0;
    const word = callerDigest(caller);
    const reply = await this.#run(admitScript, word, successes, word);
    if (reply === undefined || reply.result === 'closed') return { admitted: true };
    return reply.result === 'probe' ? { admitted: true, lease: reply.value } : { admitted: false };
  }

  async settle(lease: Lease, caller: string, outcome: Outcome): Promise<void> {
    if (lease !== undefined) {
      const word = callerDigest(caller);
      await this.#run(settleScript, word, lease, outcome, word);
    } else if (outcome === 'passed') {
      this.#known.successes += 1;
    } else if (outcome === 'failed') {
      const { successes } = this.#known;
      this.#known.successes = 0;
      await this.#run(reportScript, callerDigest(caller), successes);
    }
  }

  async #run(
    script: Script,
    caller: string,
    ...args: readonly (number | string)[]
  ): Promise<Reply | undefined> {
    const keys = [this.#key, `${this.#key}:${caller}`];
    const call = { keys, args: [...this.#commonArgs, ...args.map(String)] };
    const outcome = await this.#ports.scripts.run(script, call, decode);
    const now = this.#ports.now();
    const reply = outcome.kind === 'ran' ? outcome.reply : undefined;
    this.#known.isOpen = reply?.result === 'open';
    this.#known.until = now + trusted(reply);
    return reply;
  }
}

/** A digest, so that the limit store holds no identity. Two callers with the same digest count as one. */
function callerDigest(caller: string): string {
  return createHash('sha256').update(caller).digest('hex').slice(0, 16);
}

/**
 * Milliseconds for which a reply is valid. Half-open changes with every probe, so each call reads it again.
 */
function trusted(reply: Reply | undefined): number {
  if (reply === undefined || reply.result === 'closed') return trustMilliseconds;
  return reply.result === 'open' ? Math.ceil(reply.value / 1_000) : 0;
}

const results = ['closed', 'probe', 'open', 'full'] as const;

interface Reply {
  readonly result: (typeof results)[number];
  /** A probe's lease, or the microseconds that it is open for. */
  readonly value: number;
}

function decode(reply: unknown): Reply | undefined {
  if (!Array.isArray(reply) || reply.length !== 2) return undefined;
  const [word, value] = reply as readonly unknown[];
  const result = results[word as number];
  return result === undefined || !Number.isSafeInteger(value)
    ? undefined
    : { result, value: value as number };
}
