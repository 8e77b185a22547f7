import { expect, test } from 'vitest';
import { createLog, describeError } from './log.ts';

test('writes one line of JSON per event', () => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  log.warn('Slow.', { milliseconds: 51 });
  log.error('Two\nlines.');
  expect(lines).toEqual([
    '{"level":"warn","message":"Slow.","milliseconds":51}',
    String.raw`{"level":"error","message":"Two\nlines."}`,
  ]);
});

test('describes an error with its causes', () => {
  const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  expect(describeError(error)).toBe('TypeError: fetch failed; caused by Error: connect ECONNREFUSED');
  expect(describeError('plain')).toBe('plain');
});
