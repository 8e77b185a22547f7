import { expect, it } from 'vitest';
import { normalised, pathPattern } from './behaviors.ts';

it.each([
  ['/a/../b', '/b'],
  ['/a/./b/', '/a/b/'],
  ['/a/b/..', '/a/'],
  ['/%61pi/x%2Fy', '/api/x%2Fy'],
  ['/../../x', '/x'],
  ['/a//b', '/a//b'],
])('%s is the same as %s', (path, expected) => {
  expect(normalised(path)).toBe(expected);
});

it('matches patterns with and without their slash', () => {
  expect(pathPattern('api/*')('/api/x')).toBe(true);
  expect(pathPattern('/api/*')('/%61pi/x')).toBe(true);
  expect(pathPattern('*.jpg')('/a/b.jpg')).toBe(true);
  expect(pathPattern('/API/*')('/api/x')).toBe(false);
});
