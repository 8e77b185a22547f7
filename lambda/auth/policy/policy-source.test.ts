import { beforeEach, describe, expect, test } from 'vitest';
import type { PolledConfiguration } from '../../../runtime/aws/appconfig-data.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import { policy } from '../testing/decision-fixtures.ts';
import { PolicySource } from './policy-source.ts';

const document = (version: string, part: object = {}): PolledConfiguration => ({
  kind: 'document',
  text: JSON.stringify({ schema: 1, version, ...part }),
  nextPollSeconds: 30,
});
const unchanged: PolledConfiguration = { kind: 'unchanged', nextPollSeconds: 30 };

let now: number;
let polls: number;
let lines: Record<string, unknown>[];
/** AppConfig's next answers; the last one repeats. */
let answers: (PolledConfiguration | Error | Promise<PolledConfiguration>)[];
beforeEach(() => {
  now = noon;
  polls = 0;
  lines = [];
  answers = [];
});

function createSource(pollSeconds = 30) {
  return new PolicySource({
    policy,
    poll: async () => {
      const answer = answers[Math.min(polls, answers.length - 1)];
      polls += 1;
      if (answer instanceof Error || answer === undefined) throw answer ?? new Error('no answer');
      return answer;
    },
    pollSeconds,
    timeoutMilliseconds: 1_000,
    now: () => now,
    log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
  });
}

/** The policy in force once the due poll has ended. */
async function versionAfter(source: PolicySource, seconds: number): Promise<string> {
  now += seconds * 1_000;
  await source.refresh();
  return source.current().version.replace(`${policy.version}+`, '');
}

test('uses the policy of the bundle until there is a document', async () => {
  answers = [{ kind: 'absent' }, document('one')];
  const source = createSource();
  expect(source.current().version).toBe(`${policy.version}+none`);
  expect(await versionAfter(source, 0)).toBe('none');
  expect(await versionAfter(source, 30)).toBe('one');
  expect(lines).toEqual([]);
});

test('prepares a document once, and uses it until another arrives', async () => {
  answers = [document('one'), unchanged, document('one'), document('two')];
  const source = createSource();
  await source.refresh();
  const prepared = source.current();
  expect(await versionAfter(source, 30)).toBe('one');
  expect(await versionAfter(source, 30)).toBe('one');
  expect(source.current()).toBe(prepared);
  expect(await versionAfter(source, 30)).toBe('two');
  expect(polls).toBe(4);
});

test('never blocks a reader of the policy, and runs one poll at a time', async () => {
  let answer: (polled: PolledConfiguration) => void = () => undefined;
  answers = [new Promise<PolledConfiguration>((resolve) => (answer = resolve))];
  const source = createSource();
  for (let i = 0; i < 100; i += 1) expect(source.current().version).toBe(`${policy.version}+none`);
  expect(polls).toBe(1);
  answer(document('one'));
  await source.refresh();
  expect(source.current().version).toBe(`${policy.version}+one`);
});

describe('the poll interval', () => {
  test.each([
    ['of AppConfig', 15, 60, 60],
    ['of the settings, when AppConfig allows less', 30, 15, 30],
  ])('is the one %s', async (_, pollSeconds, nextPollSeconds, seconds) => {
    answers = [{ kind: 'unchanged', nextPollSeconds }];
    const source = createSource(pollSeconds);
    await source.refresh();
    await versionAfter(source, seconds - 1);
    expect(polls).toBe(1);
    await versionAfter(source, 1);
    expect(polls).toBe(2);
  });

  test('doubles with each failure up to two minutes, and is reset by an answer', async () => {
    answers = [...Array.from({ length: 5 }, () => new Error('unavailable')), unchanged];
    const source = createSource();
    await source.refresh();
    for (const seconds of [30, 60, 120, 120, 120]) {
      const before = polls;
      await versionAfter(source, seconds - 1);
      expect(polls).toBe(before);
      await versionAfter(source, 1);
      expect(polls).toBe(before + 1);
    }
    expect(polls).toBe(6);
    await versionAfter(source, 30);
    expect(polls).toBe(7);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toEqual({
      level: 'warn',
      message: 'The runtime policy could not be read; the last one stays in force.',
      error: 'Error: unavailable',
      nextPollInSeconds: 30,
    });
  });

  test('is zero after a poll during which the process was frozen', async () => {
    let fail: (error: Error) => void = () => undefined;
    answers = [new Promise<PolledConfiguration>((_, reject) => (fail = reject)), document('one')];
    const source = createSource();
    const frozen = source.refresh();
    now += 600_000;
    fail(new Error('timed out'));
    await frozen;
    expect(await versionAfter(source, 0)).toBe('one');
    expect(lines).toEqual([]);
  });
});

describe('an invalid document', () => {
  test('changes nothing, and is logged once with the path of its faults', async () => {
    const faulty = document('two', { plans: { free: { requestsPerMonth: -1, bytesPerMonth: null } } });
    answers = [document('one'), faulty, unchanged, faulty, document('three')];
    const source = createSource();
    await source.refresh();
    for (let i = 0; i < 3; i += 1) expect(await versionAfter(source, 30)).toBe('one');
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'The runtime policy is not valid; the last valid one stays in force.',
        faults: 'plans.free.requestsPerMonth: is not valid. Give a whole number of at least 1.',
        serving: `${policy.version}+one`,
      },
    ]);
    expect(await versionAfter(source, 30)).toBe('three');
  });

  test.each(['', ' ', 'null', '{"schema":1', '<html>'])('as %j never throws', async (text) => {
    answers = [{ kind: 'document', text: `${text} `, nextPollSeconds: 30 }];
    const source = createSource();
    expect(await versionAfter(source, 0)).toBe('none');
    expect(lines).toHaveLength(1);
  });
});

test('reports each countable event once', async () => {
  answers = [document('one'), document('', {}), new Error('unavailable'), unchanged];
  const source = createSource();
  expect(source.takeHealth()).toEqual({ refused: 0, failedPolls: 0, ageSeconds: undefined });
  await versionAfter(source, 0);
  await versionAfter(source, 30);
  await versionAfter(source, 30);
  expect(source.takeHealth()).toEqual({ refused: 1, failedPolls: 1, ageSeconds: 30 });
  expect(source.takeHealth()).toEqual({ refused: 0, failedPolls: 0, ageSeconds: 30 });
  await versionAfter(source, 30);
  expect(source.takeHealth()).toEqual({ refused: 0, failedPolls: 0, ageSeconds: 0 });
});
