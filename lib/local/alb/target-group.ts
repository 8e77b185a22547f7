import { HeaderFields } from '../http/header-fields.ts';
import { Upstream } from '../http/upstream.ts';
import { type Health, initialHealth, nextHealth, statusMatcher } from './health.ts';

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

interface Member extends Target {
  health: Health;
  check: NodeJS.Timeout | undefined;
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
  #turn = 0;
  #closed = false;

  /** @param registered a live view of the running tasks. */
  constructor(settings: TargetGroupSettings, registered: () => readonly Address[]) {
    this.#settings = settings;
    this.#registered = registered;
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

  /** A healthy target; any, when none is healthy (the group fails open); null when none is registered. */
  pick(): Target | null {
    this.#reconcile();
    const all = [...this.#members.values()];
    const healthy = all.filter(({ health }) => health.state === 'healthy');
    const eligible = healthy.length > 0 ? healthy : all;
    this.#turn = (this.#turn + 1) % Math.max(eligible.length, 1);
    // From whose turn it is, so that the least busy of equals changes too.
    const ordered = [...eligible.slice(this.#turn), ...eligible.slice(0, this.#turn)];
    if (this.#settings.algorithm !== 'least_outstanding_requests') return ordered[0] ?? null;
    return ordered.reduce<Member | null>(
      (least, member) => (least === null || member.outstanding < least.outstanding ? member : least),
      null,
    );
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
        upstream: new Upstream(`http://${authority}`),
        health: initialHealth,
        outstanding: 0,
        check: undefined,
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
    member.health = nextHealth(member.health, passed, {
      healthy: healthyThreshold,
      unhealthy: unhealthyThreshold,
    });
    const stillThere = !this.#closed && [...this.#members.values()].includes(member);
    const starting = member.health.state === 'initial';
    if (stillThere) this.#checkAfter(member, starting ? initialCheckMs : intervalSeconds * 1_000);
  }
}
