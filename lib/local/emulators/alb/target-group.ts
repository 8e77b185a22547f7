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
  /** `weighted_random` spreads as evenly as round robin does, so it is done so. */
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly deregistrationDelaySeconds: number;
  /** How long a new target's share grows; 0 gives it all at once. */
  readonly slowStartSeconds: number;
  /** Binds callers to targets; undefined where they are not. */
  readonly stickiness: StickyCookie | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Target {
  readonly upstream: Upstream;
  readonly health: Health;
  /** Requests under way. */
  outstanding: number;
}

/** A target for one request, and what its answer tells the caller to send next time. */
export interface TargetSelection {
  readonly target: Target;
  readonly setCookies: readonly string[];
}

interface Member extends Target {
  readonly key: string;
  health: Health;
  check: NodeJS.Timeout | undefined;
  /** When its share began to grow, in milliseconds; undefined once it has all of it. */
  slowSince: number | undefined;
  /** What it is owed of the requests so far. */
  credit: number;
}

/** A target that has not yet passed is asked often, because a laptop's processes are up in a moment. */
const initialCheckMs = 100;

/** The targets behind one name: who there is, who is well, and whose turn it is. */
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
   * @param registered a live view of the running tasks.
   * @param now milliseconds since 1970.
   */
  constructor(settings: TargetGroupSettings, registered: () => readonly Address[], now: () => number) {
    this.#settings = settings;
    this.#registered = registered;
    this.#now = now;
    this.#matches = statusMatcher(settings.healthCheck.matcher);
  }

  /** Begins to check the targets. */
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
   * A healthy target; any, when none is healthy (the group fails open); null when none is registered. A caller that is
   * bound to a target which may serve it goes there.
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
    // From whose turn it is, so that the least busy of equals changes too.
    const ordered = [...eligible.slice(this.#turn), ...eligible.slice(0, this.#turn)];
    return ordered.reduce<Member | null>(
      (least, member) => (least === null || member.outstanding < least.outstanding ? member : least),
      null,
    );
  }

  /** One after the other; one that starts slowly is passed over as often as its share is short of the others'. */
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

  /** From nearly nothing to 1, in a straight line ("Slow start mode"). */
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

  /** A target that has left gets no new request; those under way have the deregistration delay to end. */
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

  /** A target starts slowly beside one that has its whole share; the first of a group have nobody to spare them. */
  #begin(member: Member): void {
    const others = [...this.#members.values()].filter((other) => other !== member);
    const spared = others.some(
      ({ health, slowSince }) => health.state === 'healthy' && slowSince === undefined,
    );
    member.slowSince = spared && this.#settings.slowStartSeconds > 0 ? this.#now() : undefined;
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
    if (before !== 'healthy' && member.health.state === 'healthy') this.#begin(member);
    const stillThere = !this.#closed && [...this.#members.values()].includes(member);
    const starting = member.health.state === 'initial';
    if (stillThere) this.#checkAfter(member, starting ? initialCheckMs : intervalSeconds * 1_000);
  }
}
