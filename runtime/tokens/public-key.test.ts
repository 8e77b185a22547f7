import {
  checkPrimeSync,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  randomBytes,
} from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeySetIssuer } from '../contracts/gateway-contract.ts';
import { createKeySets } from './key-sets.ts';
import { readPublicKey } from './public-key.ts';
import { hasRocaFingerprint } from './roca.ts';
import { createKey, issuers, noon, signToken, type TestKey } from './testing/test-issuers.ts';
import { createTokenVerifier } from './token-verifier.ts';

const [issuer] = issuers as [KeySetIssuer];
const rsaJwk = (bits = 2_048): JsonWebKey =>
  generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
const good = { ...rsaJwk(), kid: 'good', use: 'sig', alg: 'RS256' };
const base64url = (value: bigint) => {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
};
const bigintOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);

/** The product of the first 126 primes, which the faulty library used for keys of 2 048 bits. */
const firstPrimes = Array.from({ length: 702 }, (_, n) => n)
  .filter((n) => n > 1 && checkPrimeSync(BigInt(n)))
  .slice(0, 126);
const product = firstPrimes.reduce((sum, prime) => sum * BigInt(prime), 1n);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square, rest] = [1n, base % modulus, exponent];
  for (; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/**
 * A number of the faulty library's form with 1 024 bits. Its fingerprint does not depend on whether it is
 * prime.
 */
function rocaFactor(): bigint {
  const a = BigInt(`0x${randomBytes(8).toString('hex')}`);
  const least = 2n ** 1_023n / product;
  const k = least + BigInt(`0x${randomBytes(6).toString('hex')}`) + 1n;
  return k * product + power(65_537n, a, product);
}

describe('the fingerprint of CVE-2017-15361', () => {
  test('is in every modulus of the library', () => {
    for (let run = 0; run < 20; run += 1) expect(hasRocaFingerprint(rocaFactor() * rocaFactor())).toBe(true);
  });

  test('is not in the keys of this machine, nor in a modulus with one such factor', () => {
    expect(hasRocaFingerprint(bigintOf(good.n))).toBe(false);
    for (let run = 0; run < 20; run += 1) {
      expect(hasRocaFingerprint(BigInt(`0x${randomBytes(256).toString('hex')}`) | 1n)).toBe(false);
    }
  });

  test('matches the masks of the published detector', () => {
    // https://github.com/crocs-muni/roca, roca/detect.py: bit r of the mask is set when the remainder r fits.
    const masks = new Map<bigint, bigint>([
      [3n, 6n],
      [5n, 30n],
      [7n, 126n],
      [11n, 1_026n],
      [13n, 5_658n],
      [17n, 107_286n],
      [19n, 199_410n],
      [37n, 67_109_890n],
    ]);
    const all = firstPrimes.filter((prime) => prime > 2 && prime <= 167).map(BigInt);
    const modulus = all.reduce((sum, prime) => sum * prime, 1n);
    for (const [prime, mask] of masks) {
      for (let residue = 0n; residue < prime; residue += 1n) {
        // A number that is `residue` modulo this prime, and 1 modulo all others, which always fits.
        const others = modulus / prime;
        const inverse = power(others, prime - 2n, prime);
        const number = (1n + others * ((((residue - 1n + prime) % prime) * inverse) % prime)) % modulus;
        expect(hasRocaFingerprint(number)).toBe(((mask >> residue) & 1n) === 1n);
      }
    }
  });
});

const { n: modulus = '', ...rsaWithoutModulus } = good;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecJwk = ec.publicKey.export({ format: 'jwk' });

test.each<[string, unknown, string]>([
  ['null', null, 'not-a-key'],
  ['a number', 7, 'not-a-key'],
  ['a list', [good], 'not-a-key'],
  ['an empty object', {}, 'unsupported'],
  ['a key id that is a number', { ...good, kid: 7 }, 'not-a-key'],
  ['a modulus that is a number', { ...good, n: 5 }, 'not-a-key'],
  ['no modulus', rsaWithoutModulus, 'not-a-key'],
  ['an empty modulus', { ...good, n: '' }, 'weak'],
  ['an unknown type', { ...good, kty: 'AKP' }, 'unsupported'],
  ['a type that is a list', { ...good, kty: ['RSA'] }, 'unsupported'],
  ['a secret', { kty: 'oct', k: 'AAAA', kid: 'x' }, 'unsupported'],
  ['an unknown curve', { ...ecJwk, crv: 'P-521' }, 'unsupported'],
  ['a curve of other curves', { ...ecJwk, crv: 'secp256k1' }, 'unsupported'],
  ['a point that is not on its curve', { ...ecJwk, y: ecJwk.x }, 'not-a-key'],
  ['no y', { ...ecJwk, y: undefined }, 'not-a-key'],
  ['a private member', ec.privateKey.export({ format: 'jwk' }), 'private'],
  ['use for encryption', { ...good, use: 'enc' }, 'not-for-signatures'],
  ['operations without verify', { ...good, key_ops: ['encrypt'] }, 'not-for-signatures'],
  ['operations that are no list', { ...good, key_ops: 'verify' }, 'not-for-signatures'],
  ['another algorithm', { ...good, alg: 'RSA-OAEP' }, 'unsupported'],
  ['the algorithm of another type', { ...ecJwk, alg: 'RS256' }, 'unsupported'],
  ['a modulus of 1 024 bits', { ...good, n: rsaJwk(1_024).n }, 'weak'],
  [
    'a modulus of 1 024 bits after zeros',
    {
      ...good,
      n: Buffer.concat([Buffer.alloc(128), Buffer.from(rsaJwk(1_024).n ?? '', 'base64url')]).toString(
        'base64url',
      ),
    },
    'weak',
  ],
  ['a modulus of 16 384 bits', { ...good, n: base64url(2n ** 16_383n + 1n) }, 'weak'],
  ['an even modulus', { ...good, n: base64url(bigintOf(modulus) - 1n) }, 'weak'],
  ['the exponent 1', { ...good, e: 'AQ' }, 'weak'],
  ['the exponent 3', { ...good, e: 'Aw' }, 'weak'],
  ['an even exponent', { ...good, e: base64url(65_538n) }, 'weak'],
  ['an exponent as long as the modulus', { ...good, e: modulus }, 'weak'],
  ['the fingerprint of CVE-2017-15361', { ...good, n: base64url(rocaFactor() * rocaFactor()) }, 'weak'],
])('skips an entry with %s', (_, entry, fault) => {
  expect(readPublicKey(entry)).toBe(fault);
});

test('uses a good entry for the algorithms of its type, or for its own', () => {
  expect(readPublicKey(good)).toMatchObject({ kid: 'good', algorithms: ['RS256'] });
  expect(readPublicKey({ ...good, alg: undefined, kid: undefined, use: undefined })).toMatchObject({
    kid: undefined,
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  });
  expect(readPublicKey({ ...ecJwk, key_ops: ['verify'] })).toMatchObject({ algorithms: ['ES256'] });
});

describe('a key set', () => {
  const resultOf = async (keys: unknown, signer: TestKey) => {
    const keySets = createKeySets({ fetch: async () => ({ keys }), onFailure: () => undefined });
    const { kind, ...rest } = await createTokenVerifier(keySets).verify(
      await signToken(signer),
      { version: 'v1', issuers },
      noon,
    );
    return 'reason' in rest ? rest.reason : kind;
  };
  const made = Promise.all([createKey('RS256', 'k1'), createKey('RS256', 'k1'), createKey('RS256', 'k1')]);

  test('verifies the tokens of both keys with one key id, and of no third', async () => {
    const [one, other, stranger] = await made;
    const keys = [one.publicJwk, other.publicJwk];
    expect(await resultOf(keys, one)).toBe('verified');
    expect(await resultOf(keys, other)).toBe('verified');
    expect(await resultOf(keys, stranger)).toBe('bad-signature');
    expect(await resultOf([one.publicJwk, one.publicJwk], one)).toBe('verified');
  });

  test('tries a token with at most four keys', async () => {
    const [one, other] = await made;
    const setOf = (count: number) => [...Array.from({ length: count }, () => other.publicJwk), one.publicJwk];
    expect(await resultOf(setOf(3), one)).toBe('verified');
    expect(await resultOf(setOf(4), one)).toBe('bad-signature');
  });

  test('is not affected by unreadable entries', async () => {
    const [one] = await made;
    const odd = fc.oneof(
      fc.anything(),
      fc.record(
        {
          kty: fc.constantFrom('RSA', 'EC', 'OKP', 'oct', 7, null),
          crv: fc.constantFrom('P-256', 'Ed25519', 'X25519', {}, null),
          kid: fc.constantFrom('k1', 7, null),
          n: fc.oneof(fc.string(), fc.anything()),
          e: fc.oneof(fc.constantFrom('AQAB', 'AQ', ''), fc.anything()),
          x: fc.oneof(fc.string(), fc.anything()),
          y: fc.anything(),
          alg: fc.constantFrom('RS256', 'ES256', 'none', 7),
          use: fc.anything(),
          key_ops: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(odd, { maxLength: 5 }),
        fc.array(odd, { maxLength: 5 }),
        async (head, tail) => {
          expect(await resultOf([...head, one.publicJwk, ...tail], one)).toBe('verified');
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of weak keys only refuses their tokens, and is not an outage', async () => {
    const [one] = await made;
    const weak = { ...one.publicJwk, n: base64url(rocaFactor() * rocaFactor()) };
    expect(await resultOf([weak], one)).toBe('unknown-key');
  });

  test('reports what it skipped', async () => {
    const left: unknown[] = [];
    const keySets = createKeySets({
      fetch: async () => ({ keys: [null, good, { ...good, use: 'enc' }] }),
      onFailure: () => undefined,
      onUnusable: (uri, faults) => left.push(uri, faults),
    });
    const answer = await keySets.find(issuer, { alg: 'RS256', kid: 'good' }, noon);
    expect(answer).toMatchObject({ kind: 'keys' });
    expect(
      answer.kind === 'keys' && answer.keys[0]?.equals(createPublicKey({ key: good, format: 'jwk' })),
    ).toBe(true);
    expect(left).toEqual([issuer.jwksUri, ['not-a-key', 'not-for-signatures']]);
  });

  test('has no key for a key id that is too long to be remembered', async () => {
    const keySets = createKeySets({ fetch: async () => ({ keys: [good] }), onFailure: () => undefined });
    expect(await keySets.find(issuer, { alg: 'RS256', kid: 'x'.repeat(257) }, noon)).toEqual({
      kind: 'no-key',
    });
  });
});
