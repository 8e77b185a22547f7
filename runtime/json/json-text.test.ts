import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, JsonNumber, readJsonText, writeJsonText } from './json-text.ts';

/** Numbers in the syntax of RFC 8259 section 6, whatever their size and form. */
const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(''));
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      digits(25).map((text) => text.replace(/^0*(?=.)/, '').replace(/^0/, '7')),
    ),
    fc.oneof(
      fc.constant(''),
      digits(20).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), digits(3)).map(([sign, text]) => sign + text),
    ),
  )
  .map((parts) => parts.join(''));
const text = fc.string({ unit: 'binary', maxLength: 8 }).map((value) => JSON.stringify(value));
/** Documents without repeated or integer-like member names, which keep their order when written again. */
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    number,
    text,
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('document'), { maxLength: 4 }).map((all) => `[${all.join(',')}]`),
    fc
      .uniqueArray(
        fc.tuple(
          text.map((name) => `"m${name.slice(1)}`),
          tie('document'),
        ),
        {
          maxLength: 4,
          selector: ([name]) => name,
        },
      )
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  ),
}));

test('writes every document as it was read, numbers to the last character', () => {
  fc.assert(
    fc.property(document, (json) => {
      expect(writeJsonText(readJsonText(json))).toBe(json);
    }),
    { numRuns: 2_000 },
  );
});

test('reads what JSON.parse reads, and refuses what it refuses', () => {
  const nearlyJson = fc
    .tuple(fc.json(), fc.nat(40), fc.constantFrom('', '"', '}', '[', '1.', '\\', ',', '-', '\u0000'))
    .map(([json, at, put]) => json.slice(0, at) + put + json.slice(at));
  const expected = (json: string): unknown => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(fc.oneof(fc.json(), nearlyJson), (json) => {
      const read = readJsonText(json);
      // Numbers that are kept as text have the value that JSON.parse gives them.
      const plain = read === undefined ? undefined : (JSON.parse(writeJsonText(read)) as unknown);
      expect(plain).toEqual(expected(json));
    }),
    { numRuns: 2_000 },
  );
});

describe('numbers', () => {
  test.each([
    '12345678901234567890',
    '9007199254740993',
    '1.0',
    '10.00',
    '0.1000',
    '1e400',
    '1E5',
    '-0',
    '-1e-999',
  ])('keeps %s in lists, objects and alone', (token) => {
    for (const json of [token, `[${token},1]`, `{"a":{"b":${token}}}`, `{"a":"${token}"}`]) {
      expect(writeJsonText(readJsonText(json))).toBe(json);
    }
    expect(readJsonText(token)).toEqual(new JsonNumber(token));
  });

  test.each(['0', '7', '-12', '19.99', '123456789012345', '1e+21'])(
    'reads %s as an ordinary number',
    (token) => {
      expect(readJsonText(token)).toBe(Number(token));
    },
  );

  test('are exact with JSON.stringify when the engine has raw JSON', () => {
    const hasRawJson = 'rawJSON' in JSON;
    expect(JSON.stringify({ a: readJsonText('1.0') })).toBe(hasRawJson ? '{"a":1.0}' : '{"a":1}');
  });
});

test('keeps the last of repeated members, at the place of the first', () => {
  expect(writeJsonText(readJsonText('{"a":1.0,"b":2,"a":3.0}'))).toBe('{"a":3.0,"b":2}');
});

test('reads __proto__ as a member and changes no prototype', () => {
  for (const json of ['{"__proto__":{"admin":1}}', '{"__proto__":{"admin":1.0}}']) {
    const read = readJsonText(json);
    expect(isJsonObject(read) && Object.hasOwn(read, '__proto__')).toBe(true);
    expect((read as { admin?: unknown }).admin).toBeUndefined();
    expect(writeJsonText(read)).toBe(json);
  }
});

test.each([
  ['lists', '[', ']', '1'],
  ['objects', '{"a":', '}', '1'],
  ['lists of exact numbers', '[1.0,', ']', '1.0'],
])('reads %s to a depth of a hundred, and refuses deeper ones before parsing', (_, open, close, inner) => {
  const nested = (depth: number) => `${open.repeat(depth)}${inner}${close.repeat(depth)}`;
  expect(writeJsonText(readJsonText(nested(100)))).toBe(nested(100));
  expect(readJsonText(nested(101))).toBeUndefined();
  expect(readJsonText(nested(1_000_000))).toBeUndefined();
});

test('does not treat numbers, lists and null as objects', () => {
  expect([{}, new JsonNumber('1.0'), [], null, 'a'].map(isJsonObject)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
