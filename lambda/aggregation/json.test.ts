import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test('what is written as JSON is read as it was', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('an empty body is null', () => {
  expect(parseJson('')).toBeNull();
});

test.each(['<html>', '{"a":', 'undefined', '{"a":1}}', "{'a':1}"])('%j is none', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s a hundred deep are read, deeper ones are not', (_, open, close) => {
  const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
  expect(parseJson(nested(100))).toBeDefined();
  expect(parseJson(nested(101))).toBeUndefined();
  expect(parseJson(nested(1_000_000))).toBeUndefined();
});

test('brackets in a text are text', () => {
  const text = JSON.stringify({ a: `"${'[{'.repeat(500)}\\` });
  expect(parseJson(text)).toEqual(JSON.parse(text));
});
