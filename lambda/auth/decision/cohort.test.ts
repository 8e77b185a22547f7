import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CohortCaller, chooseCohort } from './cohort.ts';

const nobody = { percent: 0, salt: 'october', users: [] };
const everybody = { ...nobody, percent: 100 };

const caller = (part: Partial<CohortCaller> = {}): CohortCaller => ({
  userId: 'ada',
  key: 'user:ada',
  header: () => '',
  cookie: () => '',
  ...part,
});
const choosing = (way: 'header' | 'cookie', name: string, value: string) =>
  caller({ [way]: (asked: string) => (asked === name ? value : '') });

test('selects nobody at 0 percent, and everybody at 100', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      expect(chooseCohort(nobody)(caller({ key }))).toBe('stable');
      expect(chooseCohort(everybody)(caller({ key }))).toBe('canary');
    }),
  );
});

test('a listed user belongs to it whatever the percentage', () => {
  const choose = chooseCohort({ ...nobody, users: ['ada'] });
  expect(choose(caller())).toBe('canary');
  expect(choose(caller({ userId: 'bob' }))).toBe('stable');
});

describe.each(['header', 'cookie'] as const)('a %s', (way) => {
  test('chooses in both directions when the rule names it', () => {
    expect(chooseCohort({ ...nobody, [way]: 'x-try' })(choosing(way, 'x-try', 'canary'))).toBe('canary');
    expect(chooseCohort({ ...everybody, [way]: 'x-try' })(choosing(way, 'x-try', 'stable'))).toBe('stable');
  });

  test.each(['', 'CANARY', 'canary ', 'yes'])('with the value %j chooses nothing', (value) => {
    expect(chooseCohort({ ...nobody, [way]: 'x-try' })(choosing(way, 'x-try', value))).toBe('stable');
  });

  test('that the rule does not name chooses nothing', () => {
    expect(chooseCohort(nobody)(choosing(way, 'x-try', 'canary'))).toBe('stable');
    expect(chooseCohort({ ...nobody, [way]: 'x-other' })(choosing(way, 'x-try', 'canary'))).toBe('stable');
  });
});

test('the header takes precedence over the cookie', () => {
  const both = { ...caller(), header: () => 'stable', cookie: () => 'canary' };
  expect(chooseCohort({ ...everybody, header: 'a', cookie: 'a' })(both)).toBe('stable');
});

const percentage = fc.double({ min: 0, max: 100, noNaN: true });
const salt = fc.string({ minLength: 1, maxLength: 64 });

test('the same caller stays in its cohort, and a higher percentage only adds callers', () => {
  fc.assert(
    fc.property(percentage, percentage, salt, fc.string(), (one, other, someSalt, key) => {
      const [lower, higher] = one < other ? [one, other] : [other, one];
      const at = (percent: number) => chooseCohort({ percent, salt: someSalt, users: [] })(caller({ key }));
      expect(at(lower)).toBe(at(lower));
      expect([at(lower), at(higher)]).not.toEqual(['canary', 'stable']);
    }),
    { numRuns: 1_000 },
  );
});

test('holds the percentage among many callers, and another salt selects others', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `user:${index}`);
  const chosen = (someSalt: string) => {
    const choose = chooseCohort({ percent: 10, salt: someSalt, users: [] });
    return new Set(keys.filter((key) => choose(caller({ key })) === 'canary'));
  };
  const [october, november] = [chosen('october'), chosen('november')];
  // Six standard deviations of 20 000 draws at one tenth are 255.
  expect(Math.abs(october.size - 2_000)).toBeLessThan(255);
  const both = [...october].filter((key) => november.has(key));
  expect(Math.abs(both.length - 200)).toBeLessThan(85);
});
