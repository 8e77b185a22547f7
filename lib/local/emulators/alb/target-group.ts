import { HeaderFields } from '../../http/header-fields.ts';
import { Upstream } from '../../http/upstream.ts';
import { type Health, initialHealth, nextHealth, statusMatcher } from './health.ts';
import type { StickyCookie } from './sticky-cookie.ts';

export interface TargetGroupSettings {
  readonly healthCheck: {
    readonly path: string;
    readonly matcher: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
  /** The emulator treats `weighted_random` as `round_robin`. */
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly deregistrationDelaySeconds: number;
  /** The duration of the slow start; 0 turns it off. */
  readonly slowStartSeconds: number;
  /** The cookie that binds clients to targets; undefined without stickiness. */
  readonly stickiness: StickyCookie | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Target {
  readonly upstream: Upstream;
  readonly health: Health;
  /** The number of pending requests. */
  outstanding: number;
}

/** The target of a request, and the stickiness cookies for its response. */
export interface TargetSelection {
  readonly target: Target;
  readonly setCookies: readonly string[];
}

interface Member extends Target {
  readonly key: string;
  health: Health;
  check: NodeJS.Timeout | undefined;
  /** When its slow start began, in milliseconds since 1970; undefined after the slow start. */
  slowSince: number | undefined;
  /** The share of requests that the target has not received yet. */
  credit: number;
}

/** The check interval of a new target: local processes start quickly. */
const initialCheckMs = 100;

/** A target group: it tracks the health of its targets and selects one for each request. */
export class TargetGroup {
  readonly #settings: TargetGroupSettings;
  readonly #registered: () => readonly Address[];
  readonly #members = new Map<string, Member>();
  readonly #leaving = new Set<Upstream>();
  readonly #matches: (status: number) => boolean;
  #watch: NodeJS.Timeout | undefined;
  readonly #now: () => number;
  #turn = 0;
  #closed = false;

  /**
   * @param registered returns the addresses of the targets at the moment.
   * @param now milliseconds since 1970.
   */
  constructor(settings: TargetGroupSettings, registered: () => readonly Address[], now: () => number) {
    this.#settings = settings;
    this.#registered = registered;
    this.#now = now;
    this.#matches = statusMatcher(settings.healthCheck.matcher);
  }

  /** Starts the health checks. */
  start(): void {
    this.#reconcile();
    this.#watch = setInterval(() => this.#reconcile(), 1_000);
    this.#watch.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    const upstreams = [...this.#members.values()].map(({ check, upstream }) => {
      clearTimeout(check);
      return upstream;
    });
    await Promise.all([...upstreams, ...this.#leaving].map((upstream) => upstream.close()));
  }

  /**
   * Selects a healthy target; any target when none is healthy (the group fails open); null when none is registered. A
   * client with a stickiness cookie gets its target while that one is eligible.
   *
   * @param cookies the request's `Cookie` field.
   */
  pick(cookies: string | undefined): TargetSelection | null {
    this.#reconcile();
    const all = [...this.#members.values()];
    const healthy = all.filter(({ health }) => health.state === 'healthy');
    const eligible = healthy.length > 0 ? healthy : all;
    const { stickiness } = this.#settings;
    const bound = stickiness?.target(cookies);
    const member = eligible.find(({ key }) => key === bound) ?? this.#next(eligible);
    return member === null ? null : { target: member, setCookies: stickiness?.lines(member.key) ?? [] };
  }

  #next(eligible: readonly Member[]): Member | null {
    if (this.#settings.algorithm !== 'least_outstanding_requests') return this.#inTurn(eligible);
    this.#turn = (this.#turn + 1) % Math.max(eligible.length, 1);
    // The start rotates, so that targets with equal load take turns.
    const ordered = [...eligible.slice(this.#turn), ...eligible.slice(0, this.#turn)];
    return ordered.reduce<Member | null>(
      (least, member) => (least === null || member.outstanding < least.outstanding ? member : least),
      null,
    );
  }

  /** Smooth weighted round robin; a target in slow start has a lower weight. */
  #inTurn(eligible: readonly Member[]): Member | null {
    let chosen: Member | null = null;
    let total = 0;
    for (const member of eligible) {
      const share = this.#shareOf(member);
      member.credit += share;
      total += share;
      if (chosen === null || member.credit > chosen.credit) chosen = member;
    }
    if (chosen !== null) chosen.credit -= total;
    return chosen;
  }

  /** The weight of a target: it grows linearly to 1 during the slow start ("Slow start mode"). */
  #shareOf(member: Member): number {
    if (member.slowSince === undefined) return 1;
    const share = (this.#now() - member.slowSince) / (this.#settings.slowStartSeconds * 1_000);
    if (share < 1) return Math.max(share, 0.01);
    member.slowSince = undefined;
    return 1;
  }

  #reconcile(): void {
    const addresses = new Map(
      this.#registered().map((address) => [`${address.host}:${address.port}`, address]),
    );
    for (const [key, member] of this.#members) {
      if (addresses.has(key)) continue;
      this.#members.delete(key);
      this.#drain(member);
    }
    for (const [key, { host, port }] of addresses) {
      if (this.#members.has(key) || this.#closed) continue;
      const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      const member: Member = {
        key,
        upstream: new Upstream(`http://${authority}`),
        health: initialHealth,
        outstanding: 0,
        check: undefined,
        slowSince: undefined,
        credit: 0,
      };
      this.#members.set(key, member);
      this.#checkAfter(member, 0);
    }
  }

  /** A deregistered target receives no new requests; pending ones have the deregistration delay to finish. */
  #drain(member: Member): void {
    clearTimeout(member.check);
    this.#leaving.add(member.upstream);
    const deadline = setTimeout(
      () => {
        this.#leaving.delete(member.upstream);
        void member.upstream.close();
      },
      member.outstanding === 0 ? 0 : this.#settings.deregistrationDelaySeconds * 1_000,
    );
    deadline.unref();
  }

  /** Starts the slow start of a target when another target has its full weight; the first targets have none. */
  #startSlowly(member: Member): void {
    const others = [...this.#members.values()].filter((other) => other !== member);
    const hasFullTarget = others.some(
      ({ health, slowSince }) => health.state === 'healthy' && slowSince === undefined,
    );
    member.slowSince = hasFullTarget && this.#settings.slowStartSeconds > 0 ? this.#now() : undefined;
  }

  #checkAfter(member: Member, delayMs: number): void {
    member.check = setTimeout(() => void this.#check(member), delayMs);
    member.check.unref();
  }

  async #check(member: Member): Promise<void> {
    const { path, timeoutSeconds, intervalSeconds, healthyThreshold, unhealthyThreshold } =
      this.#settings.healthCheck;
    const outcome = await member.upstream.call({
      method: 'GET',
      target: path,
      headers: HeaderFields.of({ 'user-agent': 'ELB-HealthChecker/2.0' }),
      body: null,
      timeoutMs: timeoutSeconds * 1_000,
    });
    if (outcome.kind === 'answered') outcome.body.resume();
    const passed = outcome.kind === 'answered' && this.#matches(outcome.status);
    const before = member.health.state;
    member.health = nextHealth(member.health, passed, {
      healthy: healthyThreshold,
      unhealthy: unhealthyThreshold,
    });
    if (before !== 'healthy' && member.health.state === 'healthy') this.#startSlowly(member);
    const isMember = !this.#closed && [...this.#members.values()].includes(member);
    const starting = member.health.state === 'initial';
    if (isMember) this.#checkAfter(member, starting ? initialCheckMs : intervalSeconds * 1_000);
  }
}
