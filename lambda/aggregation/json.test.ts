import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test('reads what was written as JSON', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('reads an empty body as null', () => {
  expect(parseJson('')).toBeNull();
});

test.each(['<html>', '{"a":', 'undefined', '{"a":1}}', "{'a':1}"])('refuses %j', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('reads %s a hundred levels deep, and refuses deeper ones', (_, open, close) => {
  const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
  expect(parseJson(nested(100))).toBeDefined();
  expect(parseJson(nested(101))).toBeUndefined();
  expect(parseJson(nested(1_000_000))).toBeUndefined();
});

test('reads brackets in a string as text', () => {
  const text = JSON.stringify({ a: `"${'[{'.repeat(500)}\\` });
  expect(parseJson(text)).toEqual(JSON.parse(text));
});
