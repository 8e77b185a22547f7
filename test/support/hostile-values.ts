import * as fc from 'fast-check';

/** Texts that often break parsers, encoders, databases or search. */
export const listedTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u0007',
  '\u001b[31m',
  '\u007f',
  'a\r\nset-cookie: b=c',
  '\t',
  '\u0085',
  '\u202e\u200b\ufeff',
  '\uffff',
  '\ud800',
  'a\udc00',
  '\udfff\ud800',
  '\u{1f600}',
  'e\u0301'.repeat(100),
  '-'.repeat(33),
  '- '.repeat(99),
  '"'.repeat(99),
  '-"" '.repeat(40),
  '(((((!&|<->:*',
  "' or 1=1; --",
  '%',
  '%00',
  '%s%n',
  '%25%30%30',
  '.',
  '..',
  '../../internal/payments/x/refund',
  '/',
  '\\',
  '?a=b#c',
  '#{7*7}{{7*7}}',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  'Infinity',
  '-0',
  '1e400',
  '0x10',
  '2147483648',
  '9223372036854775808',
  '-1',
  '1.5',
  '١٢',
  '9999-99-99T99:99:99.999Z order-1',
  '294276-12-31T00:00:00.000Z order-1',
  '*',
  '"',
  'W/"x", "y',
  '""',
  '[]',
  '{"a":1}',
];

/** A text that stays too long for an index after compression. */
const incompressible = fc
  .uint8Array({ minLength: 3_000, maxLength: 4_000 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));

/** Any text, ill-formed ones included. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...listedTexts) },
  { weight: 2, arbitrary: codeUnits },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 1, arbitrary: incompressible },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }).map((length) => 'x'.repeat(length)) },
);

/** JSON as text, so that it may contain values that JavaScript cannot represent. */
export const hostileJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: hostileText.map((text) => JSON.stringify(text)) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '1e400',
      '-1e400',
      '-0',
      '0.1',
      '-1',
      '2147483648',
      '9007199254740993',
      '9223372036854775808',
      `1${'0'.repeat(400)}`,
      'null',
      'true',
      '[]',
      '{}',
      '"\\u0000"',
      '"\\ud800"',
      '"\\uDFFF\\uD800"',
      '{"\\u0000":1}',
      '{"__proto__":{"a":1}}',
      '{"toString":1}',
      `${'['.repeat(500)}${']'.repeat(500)}`,
      `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
      `[${'1,'.repeat(3_000)}1]`,
      `{${Array.from({ length: 1_500 }, (_, at) => `"k${at}":1`).join(',')}}`,
    ),
  },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
);

/** Bytes that are not valid JSON or not valid UTF-8. */
export const hostileBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .constantFrom(
      [],
      [0],
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0xff, 0xfe, 0x7b, 0, 0x7d, 0],
      [0x7b, 0x22, 0x61],
      [0x1f, 0x8b, 0x08],
    )
    .map((bytes) => new Uint8Array(bytes)),
  fc.constantFrom(64 * 1024, 64 * 1024 + 1, 200_000).map((length) => new Uint8Array(length).fill(0x5b)),
);

/** Percent-encoded UTF-8; half of a surrogate pair becomes U+FFFD. */
export function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** Percent-encoded text that may contain invalid escapes and escapes that are not UTF-8. */
export const hostileEscapes: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 3,
    arbitrary: hostileText.map(escaped),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '%',
      '%z1',
      '%0',
      '%00',
      '%0d%0a',
      '%7f',
      '%ff',
      '%c0%80',
      '%ed%a0%80',
      '%e2%82',
      'a%2fb',
      '%5c',
      '%2e%2e',
      '%3f',
      '%23',
      ';a=b',
      '%25%30%30',
    ),
  },
);
