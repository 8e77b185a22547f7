import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageText } from './sqs.ts';

/** As the API reference of SendMessage lists it. */
const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

test('makes of any JSON a text that SQS takes and that means the same', () => {
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
