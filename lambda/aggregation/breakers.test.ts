import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { type BreakerSettings, withBreakers } from './breakers.ts';
import type {
  Upstream,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamFailure,
  UpstreamFailureReason,
} from './ports.ts';
import { breakerSettings } from './upstream.ts';

const settings: BreakerSettings = {
  windowMilliseconds: 10_000,
  failures: 10,
  failuresOfOneCaller: 3,
  percent: 20,
  openMilliseconds: 30_000,
  probes: 5,
  leaseMilliseconds: 30_000,
};

const status = (code: number): UpstreamAnswer => ({
  kind: 'answer',
  status: code,
  headers: {},
  cookies: [],
  body: Buffer.alloc(0),
});
const failed = (reason: UpstreamFailureReason): UpstreamFailure => ({ kind: 'failed', reason });
const open = failed('breaker-open');

/** Of a different caller each time. */
const callOf = (service = 'review', caller: string = randomUUID()): UpstreamCall => ({
  service,
  caller,
  method: 'GET',
  path: '/',
  headers: {},
  timeoutMilliseconds: 1_000,
  fullTimeoutMilliseconds: 1_000,
  maxBytes: 1_000,
  signal: new AbortController().signal,
});

let now: number;
let scripts: TestScripts;
let answer: UpstreamAnswer | UpstreamFailure;
let asked: number;
/** Milliseconds until a time-out. */
let waited: number;
let pause: Promise<void> | undefined;
const service: Upstream = {
  call: async () => {
    asked += 1;
    const mine = answer;
    if (mine.kind === 'failed' && mine.reason === 'timeout') now += waited;
    await pause;
    return mine;
  },
};
beforeEach(() => {
  now = Date.UTC(2026, 10, 20, 12);
  scripts = new TestScripts(() => now);
  answer = status(200);
  asked = 0;
  waited = 900;
  pause = undefined;
});

/** Another instance of the function, with the same limit store. */
const instance = () => withBreakers(service, { scripts, settings, now: () => now });

const times = async (count: number, upstream: Upstream) => {
  const answers: (UpstreamAnswer | UpstreamFailure)[] = [];
  for (let i = 0; i < count; i += 1) answers.push(await upstream.call(callOf()));
  return answers;
};

describe('what counts', () => {
  test.each<[UpstreamAnswer | UpstreamFailure, boolean]>([
    [status(502), true],
    [status(503), true],
    [status(504), true],
    [status(500), false],
    [status(501), false],
    [failed('timeout'), true],
    [failed('connection'), true],
    [failed('dns'), true],
    [status(200), false],
    [status(404), false],
    [status(429), false],
    [failed('too-large'), false],
    [failed('invalid-answer'), false],
    [failed('bulkhead-full'), false],
    [failed('aborted'), false],
  ])('%j opens it: %s', async (each, opens) => {
    const upstream = instance();
    answer = each;
    expect(await times(10, upstream)).toEqual(Array.from({ length: 10 }, () => each));
    expect(await upstream.call(callOf())).toEqual(opens ? open : each);
    expect(asked).toBe(opens ? 10 : 11);
  });

  test('a time-out after less than the declared time does not open it', async () => {
    const upstream = instance();
    answer = failed('timeout');
    waited = 400;
    await times(30, upstream);
    expect(await upstream.call(callOf())).toEqual(failed('timeout'));
  });

  test('counts each service separately', async () => {
    const upstream = instance();
    answer = status(503);
    await times(10, upstream);
    answer = status(200);
    expect(await upstream.call(callOf('product'))).toEqual(status(200));
  });

  test('ten failures among many successes do not open it', async () => {
    const upstream = instance();
    await times(50, upstream);
    answer = status(503);
    await times(10, upstream);
    answer = status(200);
    expect(await upstream.call(callOf())).toEqual(status(200));
  });
});

describe('several instances', () => {
  test('open it together, and each finds it open', async () => {
    const [one, two, three] = [instance(), instance(), instance()];
    answer = status(503);
    await times(5, one);
    await times(5, two);
    expect(await two.call(callOf())).toEqual(open);
    expect(await three.call(callOf())).toEqual(open);
    expect(asked).toBe(10);
  });

  test('that assume it closed find it open within a second', async () => {
    const [one, two] = [instance(), instance()];
    await two.call(callOf());
    answer = status(503);
    await times(10, one);
    now += 999;
    expect(await two.call(callOf())).toEqual(status(503));
    now += 1_000;
    expect(await two.call(callOf())).toEqual(open);
  });

  test('send five probes between them, and continue when all have passed', async () => {
    const [one, two] = [instance(), instance()];
    answer = status(503);
    await times(10, one);
    await two.call(callOf());
    now += 30_000;
    asked = 0;
    answer = status(200);
    let proceed = (): void => undefined;
    pause = new Promise((done) => {
      proceed = done;
    });
    const calls = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? one : two).call(callOf()));
    await Promise.all(Array.from({ length: 10 }, () => Promise.resolve()));
    proceed();
    const answers = await Promise.all(calls);
    expect(answers.filter(({ kind }) => kind === 'answer')).toHaveLength(5);
    expect(asked).toBe(5);
    expect(await times(3, one)).toEqual([status(200), status(200), status(200)]);
  });

  test('find it open again after two failed probes', async () => {
    const [one, two] = [instance(), instance()];
    answer = status(503);
    await times(10, one);
    now += 30_000;
    await times(2, one);
    expect(await two.call(callOf())).toEqual(open);
    now += 29_999;
    expect(await two.call(callOf())).toEqual(open);
  });

  test('free the place of a probe that its caller ends', async () => {
    const one = instance();
    answer = status(503);
    await times(10, one);
    now += 30_000;
    answer = failed('aborted');
    expect(await times(7, one)).toEqual(Array.from({ length: 7 }, () => failed('aborted')));
  });
});

describe('one caller', () => {
  const outcome = fc.constantFrom(
    status(200),
    status(500),
    status(502),
    status(503),
    failed('connection'),
    failed('timeout'),
    failed('aborted'),
  );

  test('opens no breaker and keeps none open, whatever the results of its calls', async () => {
    const step = fc.record({
      answer: outcome,
      calls: fc.integer({ min: 1, max: 25 }),
      gap: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(40_000)),
      atOnce: fc.boolean(),
      which: fc.nat(2),
    });
    const law = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      scripts.wipe();
      const instances = [instance(), instance(), instance()];
      for (const { answer: next, calls, gap, atOnce, which } of steps) {
        now += gap;
        answer = next;
        const mine = instances[which] as Upstream;
        const call = () => mine.call(callOf('review', 'one'));
        if (atOnce) await Promise.all(Array.from({ length: calls }, call));
        else for (let i = 0; i < calls; i += 1) await call();
        answer = status(200);
        for (const each of instances) expect(await each.call(callOf())).toEqual(status(200));
      }
    });
    await fc.assert(law, { numRuns: 100 });
  });

  test("counts for less than half of the failures that open a breaker, with the function's settings", () => {
    expect(breakerSettings.failuresOfOneCaller * 2).toBeLessThan(breakerSettings.failures);
  });
});

describe('what it costs', () => {
  test('a closed breaker: one limit-store call a second', async () => {
    const upstream = instance();
    await times(100, upstream);
    expect(scripts.calls).toBe(1);
    now += 1_000;
    await times(100, upstream);
    expect(scripts.calls).toBe(2);
  });

  test('an open breaker: none until its time is over', async () => {
    const upstream = instance();
    answer = status(503);
    await times(10, upstream);
    const { calls } = scripts;
    now += 29_999;
    await times(100, upstream);
    expect(scripts.calls).toBe(calls);
  });
});

test('every call goes out while the limit store is unavailable', async () => {
  const upstream = instance();
  answer = status(503);
  await times(10, upstream);
  scripts.isUnavailable = true;
  now += 30_000;
  answer = status(200);
  expect(await times(20, upstream)).toEqual(Array.from({ length: 20 }, () => status(200)));
});
