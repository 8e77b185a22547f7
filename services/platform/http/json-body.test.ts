import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonBounds, readJson, textFaults } from './json-body.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('readJson', () => {
  test('reads all output of JSON.stringify within the bounds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(readJson(bytes(text))).toEqual({ kind: 'read', value: JSON.parse(text) });
      }),
    );
  });

  test('never throws, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(['read', 'malformed']).toContain(readJson(any).kind);
      }),
    );
  });

  test.each([
    ['an overlong NUL', [0x22, 0xc0, 0x80, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['an invalid byte', [0x22, 0xff, 0x22]],
    ['an incomplete sequence', [0x22, 0xe2, 0x82]],
  ])('refuses %s', (_, body) => {
    expect(readJson(new Uint8Array(body))).toEqual({ kind: 'malformed', detail: 'is not UTF-8.' });
  });

  test.each(['', ' ', '{', '{"a":1}x', '[1,]', 'NaN', '01', '{"a":1 "b"}', '"\t"'])(
    'refuses %j, which is not JSON',
    (text) => {
      expect(readJson(bytes(text))).toEqual({ kind: 'malformed', detail: 'is not JSON.' });
    },
  );

  test('does not count brackets and commas within strings', () => {
    const text = JSON.stringify({ a: '[{,'.repeat(10_000), b: '\\"[[' });
    expect(readJson(bytes(text))).toEqual({ kind: 'read', value: JSON.parse(text) });
  });

  test('accepts the maximum depth, and refuses one level more', () => {
    const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth));
    expect(readJson(nested(jsonBounds.depth)).kind).toBe('read');
    expect(readJson(nested(jsonBounds.depth + 1))).toEqual({
      kind: 'malformed',
      detail: `is nested more than ${jsonBounds.depth} levels deep.`,
    });
  });

  test.each([
    ['arrays', '['.repeat(4_900_000)],
    ['objects', '{"a":'.repeat(900_000)],
    ['members', `{${Array.from({ length: 700_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
    ['elements', `[${'1,'.repeat(2_000_000)}1]`],
  ])('refuses millions of %s before parsing', (_, text) => {
    const parse = JSON.parse;
    let parsed = 0;
    JSON.parse = (...input) => {
      parsed += 1;
      return parse(...input) as unknown;
    };
    try {
      expect(readJson(bytes(text)).kind).toBe('malformed');
    } finally {
      JSON.parse = parse;
    }
    expect(parsed).toBe(0);
  });
});

describe('textFaults', () => {
  test.each([
    ['{"a":"\\u0000"}', ['a']],
    ['{"a":["x","\\u0007"]}', ['a', 1]],
    ['{"a":{"b":"\\ud800"}}', ['a', 'b']],
    ['{"a":"\\udc00\\ud800"}', ['a']],
    ['"\\u007f"', []],
    ['{"\\u0000":1}', ['\0']],
    ['{"\\udfff":1}', ['\udfff']],
  ])('finds the fault in %s', (text, path) => {
    expect(textFaults(JSON.parse(text)).map((fault) => fault.path)).toEqual([path]);
  });

  test('accepts line breaks, tabs and every other character', () => {
    const value = { a: 'one\r\n\ttwo', b: ['\u{1f600}', 'größe', '\u2028\ufffd', 0, null, true] };
    expect(textFaults(value)).toEqual([]);
  });
});
