import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageText } from './sqs.ts';

/** The characters that the API reference of SendMessage allows. */
const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

test('encodes any JSON as text that SQS accepts and that parses to the same value', () => {
  const strings = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\uFFFE', '\\\uFFFF"', '\ud800', '\0'),
  );
  fc.assert(
    fc.property(fc.array(fc.dictionary(strings, strings)), (value) => {
      const json = JSON.stringify(value);
      expect(messageText(json)).toMatch(allowed);
      expect(JSON.parse(messageText(json))).toEqual(JSON.parse(json));
    }),
  );
});
