import { expect, test } from 'vitest';
import { compileFilter } from './filter.ts';

const matches = (pattern: object, data: Record<string, unknown>) =>
  compileFilter(JSON.stringify(pattern)).matches(data);

test.each([
  [{ value: { type: ['a', 'b'] } }, { value: { type: 'b' } }, true],
  [{ value: { type: ['a', 'b'] } }, { value: { type: 'c' } }, false],
  [{ value: { type: ['a'] } }, { value: 'no JSON' }, false],
  [{ value: { n: [1], s: ['x'] } }, { value: { n: 1, s: 'x', more: true } }, true],
  [{ value: { n: [1], s: ['x'] } }, { value: { n: 1, s: 'y' } }, false],
  [{ value: { n: ['1'] } }, { value: { n: 1 } }, false],
  [{ value: { nothing: [null] } }, { value: { nothing: null } }, true],
  [{ value: { nothing: [''] } }, { value: { nothing: null } }, false],
  [{ value: { tags: ['hot'] } }, { value: { tags: ['new', 'hot'] } }, true],
  [{ key: [{ prefix: 'order-' }] }, { key: 'order-7' }, true],
  [{ key: [{ prefix: 'order-' }] }, { key: 7 }, false],
  [{ key: [{ suffix: '-7' }] }, { key: 'order-7' }, true],
  [{ key: [{ 'equals-ignore-case': 'ORDER' }] }, { key: 'order' }, true],
  [{ value: { at: [{ exists: true }] } }, { value: { at: 0 } }, true],
  [{ value: { at: [{ exists: true }] } }, { value: {} }, false],
  [{ value: { at: [{ exists: false }] } }, { value: {} }, true],
  [{ value: { kind: [{ 'anything-but': ['x', 1] }] } }, { value: { kind: 'y' } }, true],
  [{ value: { kind: [{ 'anything-but': ['x', 1] }] } }, { value: { kind: 1 } }, false],
  [{ value: { kind: [{ 'anything-but': 'x' }] } }, { value: {} }, false],
  [{ value: { n: [{ numeric: ['>', 0, '<=', 5] }] } }, { value: { n: 5 } }, true],
  [{ value: { n: [{ numeric: ['>', 0, '<=', 5] }] } }, { value: { n: 6 } }, false],
  [{ value: { n: [{ numeric: ['=', 5] }] } }, { value: { n: '5' } }, false],
  [{ $or: [{ value: { a: [1] } }, { value: { b: [2] } }] }, { value: { b: 2 } }, true],
  [{ $or: [{ value: { a: [1] } }, { value: { b: [2] } }] }, { value: { b: 3 } }, false],
])('%j on %j: %s', (pattern, data, expected) => {
  expect(matches(pattern, data)).toBe(expected);
});

test.each([
  [{ value: { a: [{ cidr: '10.0.0.0/8' }] } }, 'value.a: {"cidr":"10.0.0.0/8"} is not emulated.'],
  [{ value: { a: [{ numeric: ['~', 1] }] } }, 'value.a'],
  [{ value: { a: [{ 'anything-but': { prefix: 'x' } }] } }, 'value.a'],
  [{ value: 'x' }, 'value must be a list or an object.'],
])('refuses %j', (pattern, message) => {
  expect(() => compileFilter(JSON.stringify(pattern))).toThrow(message);
});
