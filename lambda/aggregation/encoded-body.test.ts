import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodedBody, maxBodyBytes } from './encoded-body.ts';

/** A function's answer: 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const maxAnswerBytes = 6_291_556;
/** API Gateway's limit of all headers together. */
const headerBytes = 10_240 * 6;

test('no body of the largest size is too long for an answer, whatever its characters', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('"', '\\', '\n', '\u0001', 'ü', '🛒').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(unit, (bytes) => {
      const body = Buffer.alloc(maxBodyBytes, bytes);
      const encoded = encodedBody(body);
      expect(Buffer.byteLength(JSON.stringify(encoded)) + headerBytes).toBeLessThan(maxAnswerBytes);
      expect(Buffer.from(encoded.body, encoded.isBase64Encoded ? 'base64' : 'utf8').equals(body)).toBe(true);
    }),
    { numRuns: 10 },
  );
});

test.each([
  ['text', false],
  [Buffer.from('größer'), false],
  [Buffer.from([0xff]), true],
  [Buffer.from('a\0'), true],
  ['\u0001'.repeat(1_500_000), true],
])('%# is base64: %s', (body, isBase64Encoded) => {
  expect(encodedBody(body).isBase64Encoded).toBe(isBase64Encoded);
});
