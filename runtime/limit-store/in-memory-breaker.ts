/** The scripts of `breaker-scripts.ts` in memory: the same keys and arguments, the same reply. */
import type { Entries } from './in-memory-limits.ts';
import type { InMemoryScript } from './in-memory-script.ts';

interface Bucket {
  readonly index: number;
  passed: number;
  failed: number;
}

/** Times in microseconds since the epoch. */
interface Breaker {
  open: boolean;
  ends: number;
  passed: number;
  failedBy: string;
  failedUntil: number;
  leases: Lease[];
  buckets: Bucket[];
}

interface Lease {
  readonly deadline: number;
  readonly caller: string;
}

interface Settings {
  readonly bucketMicroseconds: number;
  readonly failures: number;
  readonly percent: number;
  readonly openMicroseconds: number;
  readonly probes: number;
  readonly leaseMicroseconds: number;
  readonly weight: number;
}

/** The breaker's key in the entries, its settings, and the current time. */
interface Context {
  readonly entries: Entries;
  readonly key: string;
  readonly settings: Settings;
  readonly now: number;
}

export const admitInMemory: InMemoryScript = (entries, [key = ''], args, now) => {
  const settings = settingsOf(args);
  const context = { entries, key, settings, now };
  const breaker = read(context);
  const [passed, caller = ''] = [Number(args[7]), args[8]];
  if (!breaker.open) {
    if (passed > 0) {
      count(context, breaker, { passed, failed: 0 });
      save(context, breaker);
    }
    return [0, 0];
  }
  if (now < breaker.ends || breaker.passed + breaker.leases.length >= settings.probes) {
    return breakerState(breaker, now);
  }
  if (breaker.failedBy === caller || breaker.leases.some((other) => other.caller === caller)) {
    return breakerState(breaker, now);
  }
  let lease = now + settings.leaseMicroseconds;
  while (breaker.leases.some(({ deadline }) => deadline === lease)) lease += 1;
  breaker.leases.push({ deadline: lease, caller });
  save(context, breaker);
  return [1, lease];
};

export const reportInMemory: InMemoryScript = (entries, [key = '', callerKey = ''], args, now) => {
  const settings = settingsOf(args);
  const context = { entries, key, settings, now };
  const breaker = read(context);
  if (!breaker.open) {
    const failure = recordCallerFailure(context, callerKey) ? 1 : 0;
    count(context, breaker, { passed: Number(args[7]), failed: failure });
    const passed = breaker.buckets.reduce((sum, bucket) => sum + bucket.passed, 0);
    const failed = breaker.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
    if (failed >= settings.failures && failed * 100 >= settings.percent * (passed + failed)) {
      trip(context, breaker);
    }
    save(context, breaker);
  }
  return breakerState(breaker, now);
};

export const settleInMemory: InMemoryScript = (entries, [key = ''], args, now) => {
  const settings = settingsOf(args);
  const context = { entries, key, settings, now };
  const breaker = read(context);
  const [lease, outcome, caller = ''] = [Number(args[7]), args[8], args[9]];
  if (breaker.leases.some(({ deadline }) => deadline === lease)) {
    breaker.leases = breaker.leases.filter(({ deadline }) => deadline !== lease);
    if (outcome === 'failed') probeFailed(context, breaker, caller);
    if (outcome === 'passed') breaker.passed += 1;
    if (breaker.passed >= settings.probes) Object.assign(breaker, { open: false, buckets: [] });
    save(context, breaker);
  }
  return breakerState(breaker, now);
};

function settingsOf(args: readonly string[]): Settings {
  const [bucket, failures, percent, open, probes, lease, weight] = args.map(Number);
  return {
    bucketMicroseconds: bucket ?? Number.NaN,
    failures: failures ?? Number.NaN,
    percent: percent ?? Number.NaN,
    openMicroseconds: open ?? Number.NaN,
    probes: probes ?? Number.NaN,
    leaseMicroseconds: lease ?? Number.NaN,
    weight: weight ?? Number.NaN,
  };
}

function read({ entries, key, settings, now }: Context): Breaker {
  const breaker: Breaker = {
    open: false,
    ends: 0,
    passed: 0,
    failedBy: '-',
    failedUntil: 0,
    leases: [],
    buckets: [],
  };
  const [word, ...rest] = (entries.get(key) ?? '').split(' ');
  if (word === 'open') {
    const [until = '', passed = '', failedBy = '', failedUntil = '', ...leases] = rest;
    const ends = Math.min(Number(until), now + settings.openMicroseconds);
    if (now >= ends + forgetMicroseconds(settings)) return breaker;
    const latest = now + settings.leaseMicroseconds + settings.probes;
    const live = leases
      .map((text) => {
        const [deadline, caller = ''] = text.split(':');
        return { deadline: Number(deadline), caller };
      })
      .filter(({ deadline }) => deadline > now && deadline < latest);
    const open = { ...breaker, open: true, ends, passed: Number(passed), leases: live };
    const failed = Number(failedUntil);
    const counts = failed > now && failed <= now + settings.openMicroseconds;
    return counts ? { ...open, failedBy, failedUntil: failed } : open;
  }
  const current = bucketAt(settings, now);
  breaker.buckets = rest
    .map((text) => {
      const [index = 0, passed = 0, failed = 0] = text.split(':').map(Number);
      return { index, passed, failed };
    })
    .filter(({ index }) => index > current - 10 && index <= current);
  return breaker;
}

function save({ entries, key, settings, now }: Context, breaker: Breaker): void {
  if (breaker.open) {
    const { ends, passed, failedBy, failedUntil } = breaker;
    const leases = breaker.leases.map(({ deadline, caller }) => `${deadline}:${caller}`);
    const text = ['open', ends, passed, failedBy, failedUntil, ...leases].join(' ');
    entries.set(key, text, ends + forgetMicroseconds(settings));
  } else {
    const buckets = breaker.buckets.map(({ index, passed, failed }) => `${index}:${passed}:${failed}`);
    entries.set(key, ['closed', ...buckets].join(' '), now + 10 * settings.bucketMicroseconds);
  }
}

function count(
  { settings, now }: Context,
  breaker: Breaker,
  { passed, failed }: Omit<Bucket, 'index'>,
): void {
  const index = bucketAt(settings, now);
  const last = breaker.buckets.at(-1);
  if (last?.index === index) {
    last.passed += passed;
    last.failed += failed;
  } else {
    breaker.buckets.push({ index, passed, failed });
  }
}

/** Whether another failure of the caller counts; records it then. */
function recordCallerFailure({ entries, settings, now }: Context, callerKey: string): boolean {
  const current = bucketAt(settings, now);
  const counted = (entries.get(callerKey) ?? '')
    .split(' ')
    .filter((text) => text !== '' && Number(text) > current - 10 && Number(text) <= current);
  if (counted.length >= settings.weight) return false;
  entries.set(callerKey, [...counted, current].join(' '), now + 10 * settings.bucketMicroseconds);
  return true;
}

function probeFailed(context: Context, breaker: Breaker, caller: string): void {
  const { settings, now } = context;
  if (breaker.failedBy === '-' || breaker.failedBy === caller) {
    Object.assign(breaker, { failedBy: caller, failedUntil: now + settings.openMicroseconds });
  } else {
    trip(context, breaker);
  }
}

function trip({ settings, now }: Context, breaker: Breaker): void {
  Object.assign(breaker, {
    open: true,
    ends: now + settings.openMicroseconds,
    passed: 0,
    failedBy: '-',
    failedUntil: 0,
    leases: [],
  });
}

function breakerState(breaker: Breaker, now: number): number[] {
  if (!breaker.open) return [0, 0];
  return now < breaker.ends ? [2, breaker.ends - now] : [3, 0];
}

function bucketAt(settings: Settings, now: number): number {
  return Math.floor(now / settings.bucketMicroseconds);
}

function forgetMicroseconds({ openMicroseconds }: Settings): number {
  return 20 * openMicroseconds;
}
