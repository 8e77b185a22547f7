/** The scripts of `breaker-scripts.ts` on a map in memory: the same keys and arguments in, the same reply out. */
import type { Entries } from './memory-script.ts';
import type { Execution } from './script-twin.ts';

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
  leases: number[];
  buckets: Bucket[];
}

interface Settings {
  readonly bucketMicroseconds: number;
  readonly failures: number;
  readonly percent: number;
  readonly openMicroseconds: number;
  readonly probes: number;
  readonly leaseMicroseconds: number;
}

export const admitInMemory: Execution = (entries, [key = ''], args, now) => {
  const settings = settingsOf(args);
  const breaker = read(entries, key, settings, now);
  const passed = Number(args[6]);
  if (!breaker.open) {
    if (passed > 0) {
      count(breaker, settings, now, passed, 0);
      save(entries, key, breaker, settings, now);
    }
    return [0, 0];
  }
  if (now < breaker.ends || breaker.passed + breaker.leases.length >= settings.probes) {
    return standing(breaker, now);
  }
  let lease = now + settings.leaseMicroseconds;
  while (breaker.leases.includes(lease)) lease += 1;
  breaker.leases.push(lease);
  save(entries, key, breaker, settings, now);
  return [1, lease];
};

export const reportInMemory: Execution = (entries, [key = ''], args, now) => {
  const settings = settingsOf(args);
  const breaker = read(entries, key, settings, now);
  if (!breaker.open) {
    count(breaker, settings, now, Number(args[6]), Number(args[7]));
    const passed = breaker.buckets.reduce((sum, bucket) => sum + bucket.passed, 0);
    const failed = breaker.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
    if (failed >= settings.failures && failed * 100 >= settings.percent * (passed + failed)) {
      trip(breaker, settings, now);
    }
    save(entries, key, breaker, settings, now);
  }
  return standing(breaker, now);
};

export const settleInMemory: Execution = (entries, [key = ''], args, now) => {
  const settings = settingsOf(args);
  const breaker = read(entries, key, settings, now);
  const [lease, outcome] = [Number(args[6]), args[7]];
  if (breaker.leases.includes(lease)) {
    breaker.leases = breaker.leases.filter((deadline) => deadline !== lease);
    if (outcome === 'failed') trip(breaker, settings, now);
    if (outcome === 'passed') breaker.passed += 1;
    if (breaker.passed >= settings.probes) Object.assign(breaker, { open: false, buckets: [] });
    save(entries, key, breaker, settings, now);
  }
  return standing(breaker, now);
};

function settingsOf(args: readonly string[]): Settings {
  const [bucket, failures, percent, open, probes, lease] = args.map(Number);
  return {
    bucketMicroseconds: bucket ?? Number.NaN,
    failures: failures ?? Number.NaN,
    percent: percent ?? Number.NaN,
    openMicroseconds: open ?? Number.NaN,
    probes: probes ?? Number.NaN,
    leaseMicroseconds: lease ?? Number.NaN,
  };
}

function read(entries: Entries, key: string, settings: Settings, now: number): Breaker {
  const breaker: Breaker = { open: false, ends: 0, passed: 0, leases: [], buckets: [] };
  const [word, ...rest] = (entries.get(key) ?? '').split(' ');
  if (word === 'open') {
    const [until = 0, passed = 0, ...leases] = rest.map(Number);
    const ends = Math.min(until, now + settings.openMicroseconds);
    if (now >= ends + forgetMicroseconds(settings)) return breaker;
    const latest = now + settings.leaseMicroseconds + settings.probes;
    const live = leases.filter((deadline) => deadline > now && deadline < latest);
    return { ...breaker, open: true, ends, passed, leases: live };
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

function save(entries: Entries, key: string, breaker: Breaker, settings: Settings, now: number): void {
  if (breaker.open) {
    const text = ['open', breaker.ends, breaker.passed, ...breaker.leases].join(' ');
    entries.set(key, text, breaker.ends + forgetMicroseconds(settings));
  } else {
    const buckets = breaker.buckets.map(({ index, passed, failed }) => `${index}:${passed}:${failed}`);
    entries.set(key, ['closed', ...buckets].join(' '), now + 10 * settings.bucketMicroseconds);
  }
}

function count(breaker: Breaker, settings: Settings, now: number, passed: number, failed: number): void {
  const index = bucketAt(settings, now);
  const last = breaker.buckets.at(-1);
  if (last?.index === index) {
    last.passed += passed;
    last.failed += failed;
  } else {
    breaker.buckets.push({ index, passed, failed });
  }
}

function trip(breaker: Breaker, settings: Settings, now: number): void {
  Object.assign(breaker, { open: true, ends: now + settings.openMicroseconds, passed: 0, leases: [] });
}

function standing(breaker: Breaker, now: number): number[] {
  if (!breaker.open) return [0, 0];
  return now < breaker.ends ? [2, breaker.ends - now] : [3, 0];
}

function bucketAt(settings: Settings, now: number): number {
  return Math.floor(now / settings.bucketMicroseconds);
}

function forgetMicroseconds({ openMicroseconds }: Settings): number {
  return 20 * openMicroseconds;
}
