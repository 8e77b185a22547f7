import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckResult, checksAsText, checksExitCode } from './check-report.ts';

const result = fc.record({
  name: fc.stringMatching(/^[a-z]{1,20}(-[a-z]{1,20}){0,5}$/),
  outcome: fc.constantFrom('pass', 'fail', 'inconclusive'),
  detail: fc.string({ unit: 'grapheme', maxLength: 400 }),
  remedy: fc.string({ unit: 'grapheme', maxLength: 400 }),
}) as fc.Arbitrary<CheckResult>;

describe('the report of checks', () => {
  test('fits 80 columns whatever is found', () => {
    fc.assert(
      fc.property(fc.array(result), (results) => {
        for (const line of checksAsText(results).split('\n'))
          expect(Array.from(line).length).toBeLessThanOrEqual(80);
      }),
    );
  });

  test('gives the remedy of a failure and of nothing else', () => {
    const text = checksAsText([
      { name: 'one', outcome: 'pass', detail: 'all is well', remedy: 'nothing' },
      { name: 'two', outcome: 'fail', detail: '403, expected 200', remedy: 'open it' },
      { name: 'three', outcome: 'inconclusive', detail: 'no key', remedy: 'nothing' },
    ]);
    expect(text).toBe(
      [
        'pass         one: all is well',
        'FAIL         two: 403, expected 200',
        '             Remedy: open it',
        'cannot tell  three: no key',
        '',
        '1 passed, 1 failed, 1 inconclusive.',
      ].join('\n'),
    );
  });

  test.each([
    [['pass', 'inconclusive'], 0],
    [['pass', 'fail'], 1],
    [['inconclusive'], 1],
    [[], 1],
  ] as const)('ends %j with exit code %d', (outcomes, exitCode) => {
    const results = outcomes.map((outcome) => ({ name: 'one', outcome, detail: '' }));
    expect(checksExitCode(results)).toBe(exitCode);
  });
});
