import { brotliDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkContentDigest,
  type DigestAlgorithm,
  readContentDigest,
  writeContentDigest,
} from './content-digest.ts';

const ascii = (text: string) => Buffer.from(text, 'ascii');
/** The content of the standard's examples ends with a line feed. */
const helloWorld = ascii('{"hello": "world"}\n');
const brotliHelloWorld = Buffer.from('CwmAeyJoZWxsbyI6ICJ3b3JsZCJ9CgM=', 'base64');
const ofHelloWorld = {
  'sha-256': 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
  'sha-512':
    'sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:',
};
const ofBrotli = {
  'sha-256': 'sha-256=:d435Qo+nKZ+gLcUHn7GQtQ72hiBVAgqoLsZnZPiTGPk=:',
  'sha-512':
    'sha-512=:db7fdBbgZMgX1Wb2MjA8zZj+rSNgfmDCEEXM8qLWfpfoNY0sCpHAzZbj09X1/7HAb7Od5Qfto4QpuBsFbUO3dQ==:',
};

// RFC 9530, appendices B and C. A digest of the representation is computed like one of the content.
const examples = [
  { name: 'B.1 whole content', body: helloWorld, field: ofHelloWorld['sha-256'] },
  { name: 'C.2 whole content, SHA-512', body: helloWorld, field: ofHelloWorld['sha-512'] },
  {
    name: 'B.2 no content',
    body: ascii(''),
    field: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  },
  {
    name: 'B.3 partial content',
    body: ascii('"world"}\n'),
    field: 'sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:',
  },
  { name: 'B.4 content coded with Brotli', body: brotliHelloWorld, field: ofBrotli['sha-256'] },
  {
    name: 'B.6 two digests',
    body: brotliHelloWorld,
    field: `${ofBrotli['sha-256']},${ofBrotli['sha-512']}`,
  },
  {
    name: 'B.7 request of a POST',
    body: ascii('{"title": "New Title"}\n'),
    field: 'sha-256=:mEkdbO7Srd9LIOegftO0aBX+VPTVz7/CSHes2Z27gc4=:',
  },
];

describe('the examples of RFC 9530', () => {
  test.each(examples)('$name', ({ body, field }) => {
    expect(checkContentDigest(field, body)).toBe('matched');
  });

  test('covers the content as sent, not the decoded content', () => {
    expect(brotliDecompressSync(brotliHelloWorld)).toEqual(helloWorld);
    expect(checkContentDigest(ofHelloWorld['sha-256'], brotliHelloWorld)).toBe('mismatched');
  });

  test('the two digests of different contents in section 2 match no single body', () => {
    const field = `${ofBrotli['sha-256']}, ${ofHelloWorld['sha-512']}`;
    expect(checkContentDigest(field, helloWorld)).toBe('mismatched');
    expect(checkContentDigest(field, brotliHelloWorld)).toBe('mismatched');
  });
});

describe('a field that does not match the body', () => {
  const wrong512 = `sha-512=:${Buffer.alloc(64).toString('base64')}:`;
  test.each([
    ['', 'unsupported'],
    ['md5=:Sd/dVLAcvNLSq16eXua5uQ==:', 'unsupported'],
    ['SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:', 'malformed'],
    ['sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=', 'malformed'],
    ['sha-256="RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg="', 'malformed'],
    ['sha-256=:X48E:', 'malformed'],
    ['sha-256', 'malformed'],
    [`${ofHelloWorld['sha-256']},`, 'malformed'],
    [`${ofHelloWorld['sha-256']}, ${wrong512}`, 'mismatched'],
    [`${wrong512}, ${ofHelloWorld['sha-256']}`, 'mismatched'],
  ])('is %s for %s', (field, expected) => {
    expect(checkContentDigest(field, helloWorld)).toBe(expected);
  });

  test('ignores an unknown algorithm beside a known one', () => {
    expect(checkContentDigest(`sha-3=:AAAA:, ${ofHelloWorld['sha-256']}`, helloWorld)).toBe('matched');
  });
});

const anyAlgorithm = fc.constantFrom<DigestAlgorithm>('sha-256', 'sha-512');

describe('for every body', () => {
  test('matches the digest that is written for it, and no other', () => {
    fc.assert(
      fc.property(
        anyAlgorithm,
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (algorithm, body, at, flip) => {
          const field = writeContentDigest(algorithm, body);
          expect(checkContentDigest(field, body)).toBe('matched');
          const other = Uint8Array.from(body);
          other[at % other.length] = (other[at % other.length] ?? 0) ^ flip;
          expect(checkContentDigest(field, other)).toBe('mismatched');
          expect(checkContentDigest(field, body.subarray(1))).toBe('mismatched');
        },
      ),
    );
  });

  test('never throws, and matches only its own digest', () => {
    const anyField = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String({ maxLength: 90 }).map((text) => `sha-256=:${text}:`),
    );
    fc.assert(
      fc.property(anyField, (field) => {
        expect(['read', 'malformed', 'unsupported']).toContain(readContentDigest(field).kind);
        expect(checkContentDigest(field, helloWorld)).not.toBe('matched');
      }),
    );
  });
});
