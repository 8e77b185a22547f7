import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApiKey, hashApiKey, isStoredApiKey, maskApiKey, readApiKey } from './api-key.ts';

const zeros = (count: number) => new Uint8Array(count);
const ones = (count: number) => new Uint8Array(count).fill(0xff);
const key = createApiKey('prod', randomBytes);
const pepper = 'a pepper of 32 bytes or thereabouts';

describe('a key', () => {
  test('has its parts at fixed lengths, whatever the randomness', () => {
    const parts = /^gh_prod_[0-9A-Za-z]{12}_[0-9A-Za-z]{27}_[0-9A-Za-z]{6}$/;
    for (const random of [randomBytes, zeros, ones]) {
      expect(createApiKey('prod', random).text).toMatch(parts);
    }
  });

  test('ends with the CRC-32 of the preceding text, in base62', () => {
    // By Python: zlib.crc32(b'gh_prod_000000000000_000000000000000000000000000_') = 3898108955.
    expect(createApiKey('prod', zeros).text).toBe('gh_prod_000000000000_000000000000000000000000000_4Fo4D5');
  });

  test('is read back', () => {
    expect(readApiKey(key.text, 'prod')).toEqual({ kind: 'key', key });
  });

  test('of another environment differs from a mistyped one', () => {
    expect(readApiKey(key.text, 'staging')).toEqual({ kind: 'other-environment' });
    expect(readApiKey(key.text.replace('prod', 'staging'), 'staging')).toEqual({ kind: 'malformed' });
  });

  test('is rotated under the same id with another secret', () => {
    const rolled = createApiKey('prod', randomBytes, key.id);
    expect(rolled.id).toBe(key.id);
    expect(rolled.text).not.toBe(key.text);
  });

  test('is shown without its secret', () => {
    const [, , , secret = '', checksum = ''] = key.text.split('_');
    expect(maskApiKey(key)).toBe(`gh_prod_${key.id}_***`);
    expect(maskApiKey(key)).not.toContain(secret.slice(0, 4));
    expect(maskApiKey(key)).not.toContain(checksum);
  });

  test('is not made for an environment or id that could not be read back', () => {
    for (const environment of ['', 'Prod', 'pre_prod', 'e'.repeat(21)]) {
      expect(() => createApiKey(environment, randomBytes)).toThrow(/cannot form a key/);
    }
    expect(() => createApiKey('prod', randomBytes, 'short')).toThrow(/cannot form a key/);
  });
});

describe('the stored hash', () => {
  const rolled = createApiKey('prod', randomBytes, key.id);
  const hashes = [hashApiKey(key, pepper), hashApiKey(rolled, pepper)];

  test('is found while it is live, among others', () => {
    expect(isStoredApiKey(key, hashes, [pepper])).toBe(true);
    expect(isStoredApiKey(rolled, hashes, [pepper])).toBe(true);
    expect(isStoredApiKey(rolled, hashes.slice(0, 1), [pepper])).toBe(false);
    expect(isStoredApiKey(key, [], [pepper])).toBe(false);
  });

  test('is found by the previous pepper, and by no earlier one', () => {
    expect(isStoredApiKey(key, hashes, ['a new pepper', pepper])).toBe(true);
    expect(isStoredApiKey(key, hashes, ['a new pepper'])).toBe(false);
    expect(isStoredApiKey(key, hashes, [])).toBe(false);
  });

  test('is compared as a whole: neither a part of it nor more', () => {
    const [hash = new Uint8Array()] = hashes;
    expect(isStoredApiKey(key, [hash.subarray(0, 16), new Uint8Array(0)], [pepper])).toBe(false);
    expect(isStoredApiKey(key, [new Uint8Array([...hash, 0])], [pepper])).toBe(false);
  });
});

describe('for every text', () => {
  const ofKey = fc
    .uint8Array({ minLength: 54, maxLength: 54 })
    .map((bytes) => createApiKey('prod', (count) => bytes.subarray(0, count)));

  test('refuses a key with one letter changed, inserted, removed or swapped', () => {
    const changes: readonly ((text: string, at: number, letter: string) => string)[] = [
      (text, at, letter) => text.slice(0, at) + letter + text.slice(at + 1),
      (text, at, letter) => text.slice(0, at) + letter + text.slice(at),
      (text, at) => text.slice(0, at) + text.slice(at + 1),
      (text, at) => text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2),
    ];
    fc.assert(
      fc.property(
        ofKey,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
        fc.constantFrom(...changes),
        ({ text }, at, letter, change) => {
          const changed = change(text, at % text.length, letter);
          fc.pre(changed !== text);
          expect(readApiKey(changed, 'prod').kind).toBe('malformed');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('reads back what was made, and nothing else', () => {
    fc.assert(
      fc.property(ofKey, fc.string({ unit: 'binary' }), (made, text) => {
        expect(readApiKey(made.text, 'prod')).toEqual({ kind: 'key', key: made });
        expect(readApiKey(text, 'prod').kind).toBe('malformed');
        expect(readApiKey(`${made.text}${text}`, 'prod').kind).toBe(text === '' ? 'key' : 'malformed');
      }),
    );
  });
});
