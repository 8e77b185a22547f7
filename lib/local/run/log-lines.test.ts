import { expect, test } from 'vitest';
import { isWarningOrWorse } from './log-lines.ts';

test.each([
  ['any text', 'stderr', true],
  ['any text', 'stdout', false],
  ['{"level":"info","message":"listening"}', 'stdout', false],
  ['{"level":"warn","message":"slow"}', 'stdout', true],
  ['{"level":"ERROR","message":"broken"}', 'stdout', true],
  ['{"level":7}', 'stdout', false],
  ['{"level":', 'stdout', false],
  ['null', 'stdout', false],
] as const)('%s on %s: %s', (line, stream, expected) => {
  expect(isWarningOrWorse(line, stream)).toBe(expected);
});
