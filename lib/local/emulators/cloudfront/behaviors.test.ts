import { expect, test } from 'vitest';
import { normalised, pathPattern } from './behaviors.ts';

test.each([
  ['/a/../b', '/b'],
  ['/a/./b/', '/a/b/'],
  ['/a/b/..', '/a/'],
  ['/%61pi/x%2Fy', '/api/x%2Fy'],
  ['/../../x', '/x'],
  ['/a//b', '/a//b'],
])('normalises %s to %s', (path, expected) => {
  expect(normalised(path)).toBe(expected);
});

test('matches patterns with and without a leading slash', () => {
  expect(pathPattern('api/*')('/api/x')).toBe(true);
  expect(pathPattern('/api/*')('/%61pi/x')).toBe(true);
  expect(pathPattern('*.jpg')('/a/b.jpg')).toBe(true);
  expect(pathPattern('/API/*')('/api/x')).toBe(false);
});
