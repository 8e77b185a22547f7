import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTarget, encodeSegment, line, prose, textFault } from './text-rules.ts';

describe('textFault', () => {
  const controls = [...Array.from({ length: 0x20 }, (_, code) => code), 0x7f];

  test('refuses every control character in a line', () => {
    for (const code of controls) expect(textFault(`a${String.fromCharCode(code)}b`, 'line')).not.toBeNull();
  });

  test('accepts tabs and line breaks in prose, and no other control characters', () => {
    const accepted = controls.filter((code) => textFault(`a${String.fromCharCode(code)}b`, 'prose') === null);
    expect(accepted).toEqual([0x09, 0x0a, 0x0d]);
  });

  test('accepts a text without control characters if and only if it is well-formed', () => {
    const unit = fc.integer({ min: 0x80, max: 0xffff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 6 }), (units) => {
        const text = units.join('');
        const isWellFormed = Buffer.from(text).toString() === text;
        expect(textFault(text, 'line') === null).toBe(isWellFormed);
      }),
    );
  });
});

describe('decodeTarget', () => {
  test.each(['%', '%z1', '%0', '%ff', '%c0%80', '%ed%a0%80', '%e2%82', '%00', '%0a', '%7f', '\0'])(
    'refuses %j',
    (text) => {
      expect(decodeTarget(`/a/${text}`)).toBeNull();
    },
  );

  test('decodes the output of encodeSegment for any valid text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const isFaulty = textFault(text, 'line') !== null;
        expect(decodeTarget(encodeSegment(text))).toBe(isFaulty ? null : text);
      }),
    );
  });
});

test('encodeSegment never throws, and returns one segment', () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      expect(encodeSegment(units.join(''))).toMatch(/^[\w.!~*'()%-]*$/);
    }),
  );
  expect(encodeSegment('a\ud800b')).toBe('a%EF%BF%BDb');
});

test('a line refuses a line break, and prose accepts it', () => {
  const rule = { error: 'Give a text.', max: 5 };
  expect(line(rule).safeParse('a\nb').success).toBe(false);
  expect(line(rule).safeParse(' ab\n').data).toBe('ab');
  expect(prose(rule).safeParse('a\nb').success).toBe(true);
  for (const schema of [line(rule), prose(rule)]) {
    expect(schema.safeParse('').error?.issues[0]?.message).toBe('Give a text.');
    expect(schema.safeParse('abcdef').success).toBe(false);
  }
});
