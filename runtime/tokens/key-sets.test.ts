import { beforeAll, expect, test } from 'vitest';
import type { KeySetIssuer, SigningAlgorithm } from '../contracts/gateway-contract.ts';
import { createKeySets } from './key-sets.ts';
import {
  createIssuer,
  createKey,
  issuers,
  noon,
  type TestIssuer,
  type TestKey,
} from './testing/test-issuers.ts';

let rsa: TestKey;
let ec: TestKey;
let okp: TestKey;
let ec2: TestKey;
beforeAll(async () => {
  [rsa, ec, okp, ec2] = await Promise.all([
    createKey('RS256', 'rsa'),
    createKey('ES256', 'ec'),
    createKey('EdDSA', 'okp'),
    createKey('ES256', 'ec2'),
  ]);
});

const [first, second] = issuers as [KeySetIssuer, KeySetIssuer];

function keySetsOf(issuer: TestIssuer) {
  const failures: string[] = [];
  const sets = createKeySets({ fetch: issuer.fetch, onFailure: (uri) => failures.push(uri) });
  const find = async (alg: SigningAlgorithm, kid: string | undefined, at: number, from = first) =>
    (await sets.find(from, { alg, kid }, noon + at)).kind;
  return { find, failures };
}

test('concurrent callers share one fetch, and its result serves later calls', async () => {
  const issuer = createIssuer(rsa, ec, okp);
  const { find } = keySetsOf(issuer);
  const kinds = await Promise.all([find('RS256', 'rsa', 0), find('ES256', 'ec', 0), find('EdDSA', 'okp', 0)]);
  expect(kinds).toEqual(['keys', 'keys', 'keys']);
  expect(await find('RS256', 'rsa', 60_000)).toBe('keys');
  expect(issuer.fetches).toBe(1);
});

test('uses a key only for its own algorithm and use', async () => {
  const issuer = createIssuer(rsa, ec);
  issuer.keys = [...issuer.keys, { ...ec2.publicJwk, use: 'enc' }, { ...okp.publicJwk, key_ops: ['sign'] }];
  const { find } = keySetsOf(issuer);
  expect(await find('ES256', 'rsa', 0)).toBe('no-key');
  expect(await find('RS256', 'ec', 0)).toBe('no-key');
  expect(await find('ES256', 'ec2', 0)).toBe('no-key');
  expect(await find('EdDSA', 'okp', 0)).toBe('no-key');
});

test('tries every key of the algorithm for a token without a key id', async () => {
  const issuer = createIssuer(rsa, ec, ec2);
  const { find } = keySetsOf(issuer);
  expect(await find('RS256', undefined, 0)).toBe('keys');
  expect(await find('ES256', undefined, 0)).toBe('keys');
});

test('finds a new key at once when the last fetch is long enough ago', async () => {
  const issuer = createIssuer(ec);
  const { find } = keySetsOf(issuer);
  expect(await find('ES256', 'ec', 0)).toBe('keys');
  issuer.keys = [ec.publicJwk, ec2.publicJwk];
  expect(await find('ES256', 'ec2', 10_000)).toBe('keys');
  expect(issuer.fetches).toBe(2);
});

test('fetches once per cool-down for unknown keys, and not for a minute for one that stays unknown', async () => {
  const issuer = createIssuer(ec);
  const { find } = keySetsOf(issuer);
  await find('ES256', 'ec', 0);
  for (let i = 0; i < 100; i += 1) expect(await find('ES256', `bad-${i}`, 9_999)).toBe('no-key');
  expect(issuer.fetches).toBe(1);
  expect(await find('ES256', 'bad', 10_000)).toBe('no-key');
  expect(issuer.fetches).toBe(2);
  for (let at = 10_000; at < 70_000; at += 1_000) expect(await find('ES256', 'bad', at)).toBe('no-key');
  expect(issuer.fetches).toBe(2);
  expect(await find('ES256', 'bad', 70_000)).toBe('no-key');
  expect(issuer.fetches).toBe(3);
});

test('uses a key remembered as unknown as soon as a fetch brings it', async () => {
  const issuer = createIssuer(ec);
  const { find } = keySetsOf(issuer);
  expect(await find('ES256', 'ec2', 0)).toBe('no-key');
  issuer.keys = [ec.publicJwk, ec2.publicJwk];
  expect(await find('ES256', 'another', 10_000)).toBe('no-key');
  expect(await find('ES256', 'ec2', 10_001)).toBe('keys');
});

test('uses known keys while the issuer is unavailable, and reports others as unavailable', async () => {
  const issuer = createIssuer(ec);
  const { find, failures } = keySetsOf(issuer);
  await find('ES256', 'ec', 0);
  issuer.isUnavailable = true;
  expect(await find('ES256', 'ec', 30 * 86_400_000)).toBe('keys');
  expect(await find('ES256', 'ec2', 30 * 86_400_000)).toBe('unavailable');
  expect(failures).toEqual([first.jwksUri]);
  issuer.isUnavailable = false;
  expect(await find('ES256', 'ec2', 30 * 86_400_000 + 10_000)).toBe('no-key');
});

test('an unavailable issuer does not delay another', async () => {
  const issuer = createIssuer(ec);
  const { find } = keySetsOf({
    ...issuer,
    fetch: (uri) => (uri === first.jwksUri ? Promise.reject(new Error('unavailable')) : issuer.fetch(uri)),
  });
  expect(await find('ES256', 'ec', 0)).toBe('unavailable');
  expect(await find('ES256', 'ec', 0, second)).toBe('keys');
});

test.each([['nothing'], [null], [{}], [{ keys: 'none' }], [{ keys: [7] }]])(
  'reads a document that is not a key set (%j) as unavailable',
  async (document) => {
    const issuer = createIssuer();
    const { find, failures } = keySetsOf({ ...issuer, fetch: () => Promise.resolve(document) });
    expect(await find('ES256', 'ec', 0)).toBe('unavailable');
    expect(failures).toHaveLength(1);
  },
);

test('a key that cannot be read does not hide the others', async () => {
  const issuer = createIssuer(ec);
  issuer.keys = [{ kty: 'EC', crv: 'P-256', kid: 'broken', alg: 'ES256', x: 'AA', y: 'AA' }, ec.publicJwk];
  const { find } = keySetsOf(issuer);
  expect(await find('ES256', 'broken', 0)).toBe('no-key');
  expect(await find('ES256', 'ec', 0)).toBe('keys');
});
