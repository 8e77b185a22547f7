import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  contentDigest,
  createdSeconds,
  ed25519,
  nonce,
  order,
  p256,
  parameters,
  required,
  signed,
  signers,
  verified,
  verifiers,
  withFields,
} from '../testing/signed-messages.ts';
import { defaultSignatureTimes, nonceLifetimeSeconds, type SignatureFault } from './message-signature.ts';
import type { SignatureOptions } from './sign-message.ts';
import type { SignedMessage } from './signature-base.ts';
import { loadSignatureKey, type SignatureAlgorithm } from './signature-key.ts';

const refusal = (reason: SignatureFault) => ({ kind: 'refused', reason });

test('verifies a signed request, and returns what remains to be checked', () => {
  expect(verified(signed(order))).toEqual({
    kind: 'verified',
    keyId: 'client-1',
    nonce,
    createdSeconds,
    contentDigest,
  });
});

describe('required coverage', () => {
  const get: SignedMessage = { ...order, method: 'GET', query: undefined, headers: {} };
  test.each<[string, SignedMessage, readonly string[], SignatureFault | 'verified']>([
    ['target URI instead of path and query', order, ['@method', '@target-uri', 'content-digest'], 'verified'],
    ['no method', order, ['@path', '@query', 'content-digest'], 'method-not-covered'],
    ['no path', order, ['@method', '@query', 'content-digest'], 'target-not-covered'],
    ['no query where there is one', order, ['@method', '@path', 'content-digest'], 'target-not-covered'],
    ['no query where there is none', get, ['@method', '@path'], 'verified'],
    ['no digest of a body', order, ['@method', '@path', '@query'], 'content-digest-not-covered'],
    [
      'no digest of the empty body of a PUT',
      { ...order, method: 'PUT', headers: {} },
      ['@method', '@path', '@query'],
      'content-digest-not-covered',
    ],
    [
      'an empty body declared as such',
      { ...get, headers: { 'content-length': '0' } },
      ['@method', '@path'],
      'verified',
    ],
    [
      'a body with a method that has none',
      { ...get, method: 'DELETE', headers: { 'content-length': '14' } },
      ['@method', '@path'],
      'content-digest-not-covered',
    ],
    [
      'a body of unknown length with a method that has none',
      { ...get, headers: { 'transfer-encoding': 'chunked' } },
      ['@method', '@path'],
      'content-digest-not-covered',
    ],
    [
      'a digest by an unsupported algorithm',
      { ...order, headers: { 'content-digest': 'md5=:Sd/dVLAcvNLSq16eXua5uQ==:' } },
      required,
      'content-digest-unusable',
    ],
    [
      'an invalid digest',
      { ...order, headers: { 'content-digest': 'sha-256=:AAAA:' } },
      required,
      'content-digest-unusable',
    ],
  ])('%s', (_name, message, components, expected) => {
    const result = verified(signed(message, { components }));
    expect(result.kind === 'refused' ? result.reason : result.kind).toBe(expected);
  });

  test('refuses a body added to a call that was signed without one', () => {
    const message = signed(get, { components: ['@method', '@path'] });
    const withBody = { ...message, headers: { ...message.headers, 'content-length': '14' } };
    expect(verified(withBody)).toEqual(refusal('content-digest-not-covered'));
  });

  test('refuses a query added to a path that was signed without one', () => {
    const message = signed(get, { components: ['@method', '@path'] });
    expect(verified({ ...message, query: 'admin=1' })).toEqual(refusal('target-not-covered'));
    expect(verified({ ...message, query: '' })).toEqual(refusal('target-not-covered'));
  });
});

describe('required parameters', () => {
  const { longestAgeSeconds, clockSkewSeconds } = defaultSignatureTimes;
  const { created, keyid } = parameters;
  test.each<[string, SignatureOptions['parameters'], SignatureFault | 'verified']>([
    ['no key id', { created, nonce }, 'key-id-missing'],
    ['an empty key id', { created, nonce, keyid: '' }, 'key-id-missing'],
    ['a key id that is too long', { created, nonce, keyid: 'k'.repeat(129) }, 'key-id-missing'],
    ['no nonce', { created, keyid }, 'nonce-missing'],
    ['a nonce that is a number', { created, keyid, nonce: 1_234_567_890_123 }, 'nonce-missing'],
    ['a nonce that is too short', { created, keyid, nonce: 'short' }, 'nonce-missing'],
    ['no creation time', { keyid, nonce }, 'created-missing'],
    ['a creation time with a fraction', { ...parameters, created: created + 0.5 }, 'created-missing'],
    ['a creation time in text', { ...parameters, created: `${created}` }, 'created-missing'],
    [
      'created as far ahead as clocks may differ',
      { ...parameters, created: created + clockSkewSeconds },
      'verified',
    ],
    [
      'created further ahead',
      { ...parameters, created: created + clockSkewSeconds + 1 },
      'created-in-future',
    ],
    [
      'of the maximum age',
      { ...parameters, created: created - longestAgeSeconds - clockSkewSeconds },
      'verified',
    ],
    [
      'older',
      { ...parameters, created: created - longestAgeSeconds - clockSkewSeconds - 1 },
      'signature-too-old',
    ],
    ['expiring later', { ...parameters, expires: created + 10 }, 'verified'],
    ['expired', { ...parameters, created: created - 60, expires: created - 31 }, 'signature-expired'],
    [
      'expired by a clock that may differ',
      { ...parameters, created: created - 60, expires: created - 30 },
      'verified',
    ],
    ['expired when created', { ...parameters, expires: created }, 'signature-expired'],
    ['expiring at no time', { ...parameters, expires: 'never' }, 'signature-expired'],
    ['the algorithm of the key', { ...parameters, alg: 'ed25519' }, 'verified'],
    ['an algorithm of another key', { ...parameters, alg: 'hmac-sha256' }, 'algorithm-mismatch'],
    ['an unsupported algorithm', { ...parameters, alg: 'rsa-v1_5-sha256' }, 'algorithm-unsupported'],
    ['an unknown parameter', { ...parameters, tag: 'shop' }, 'verified'],
  ])('%s', (_name, stated, expected) => {
    const result = verified(signed(order, { parameters: stated }));
    expect(result.kind === 'refused' ? result.reason : result.kind).toBe(expected);
  });

  test('a nonce is remembered until its signature has expired', () => {
    const taken = (at: number) => verified(signed(order), undefined, at * 1_000).kind === 'verified';
    const first = createdSeconds - clockSkewSeconds;
    const last = first + nonceLifetimeSeconds(defaultSignatureTimes);
    expect([taken(first), taken(last), taken(first - 1), taken(last + 1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('required fields', () => {
  const bytes = `:${Buffer.alloc(64).toString('base64')}:`;
  const list = `("@method" "@target-uri" "content-digest");created=${createdSeconds};keyid="k";nonce="${nonce}"`;
  const listOf = (names: string) => list.replace('"content-digest"', `"content-digest" ${names}`);
  test.each<[string | undefined, string | undefined, SignatureFault]>([
    [undefined, undefined, 'no-signature'],
    [`s=${list}`, undefined, 'malformed-signature'],
    [undefined, `s=${bytes}`, 'malformed-signature'],
    [`s=${list}`, `t=${bytes}`, 'malformed-signature'],
    [`s=${list}`, 's="text"', 'malformed-signature'],
    [`s=${list}`, `s=(${bytes})`, 'malformed-signature'],
    [`s=${list}`, 's', 'malformed-signature'],
    ['s="@method"', `s=${bytes}`, 'malformed-signature'],
    ['s', `s=${bytes}`, 'malformed-signature'],
    [`s=${listOf('1')}`, `s=${bytes}`, 'malformed-signature'],
    [`s=${listOf('date')}`, `s=${bytes}`, 'malformed-signature'],
    [`s=${list};`, `s=${bytes}`, 'malformed-signature'],
    [`s=${list}`, `s=${bytes}, t=${bytes}`, 'several-signatures'],
    [`s=${list}, t=${list}`, `s=${bytes}`, 'several-signatures'],
    [`s=${listOf('"content-digest"')}`, `s=${bytes}`, 'component-repeated'],
    [`s=${listOf('"content-type";sf')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"content-type";bs')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"content-type";tr')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"content-type";req')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"content-digest";key="sha-256"')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"@query-param";name="dry"')}`, `s=${bytes}`, 'component-parameter'],
    [`s=${listOf('"@status"')}`, `s=${bytes}`, 'component-unavailable'],
    [`s=${listOf('"@signature-params"')}`, `s=${bytes}`, 'component-unavailable'],
    [`s=${listOf('"x-not-there"')}`, `s=${bytes}`, 'component-unavailable'],
    [`s=${listOf('"Content-Type"')}`, `s=${bytes}`, 'component-unavailable'],
    [`s=${list}`, `s=${bytes}`, 'signature-mismatch'],
    [`s=${list}`, 's=:AAAA:', 'signature-mismatch'],
    [`s=${list}`, 's=::', 'signature-mismatch'],
  ])('%s and %s', (input, signature, reason) => {
    for (const key of Object.values(verifiers)) {
      expect(verified(withFields(input, signature), [key])).toEqual(refusal(reason));
    }
  });
});

describe('keys', () => {
  test('accepts both live keys during a rotation, whatever their algorithms', () => {
    const live = [verifiers['hmac-sha256'], verifiers.ed25519];
    expect(verified(signed(order), live).kind).toBe('verified');
    expect(verified(signed(order, signers['hmac-sha256']), live).kind).toBe('verified');
    expect(verified(signed(order, signers['ecdsa-p256-sha256']), live)).toEqual(
      refusal('signature-mismatch'),
    );
  });

  test('verifies nothing without a live key', () => {
    expect(verified(signed(order), [])).toEqual(refusal('signature-mismatch'));
  });

  test('refuses a code made with the bytes of a public key', () => {
    const pem = ed25519.publicKey.export({ format: 'pem', type: 'spki' });
    const confused = signed(order, {
      algorithm: 'hmac-sha256',
      key: createSecretKey(Buffer.from(pem.toString())),
    });
    expect(verified(confused)).toEqual(refusal('signature-mismatch'));
  });

  const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  test.each<[string, SignatureAlgorithm, string, boolean]>([
    ['Ed25519', 'ed25519', pemOf(ed25519.publicKey), true],
    ['P-256', 'ecdsa-p256-sha256', pemOf(p256.publicKey), true],
    ['32 bytes', 'hmac-sha256', Buffer.alloc(32, 1).toString('base64'), true],
    ['31 bytes', 'hmac-sha256', Buffer.alloc(31, 1).toString('base64'), false],
    ['text that is not base64', 'hmac-sha256', 'correct horse battery staple, and then some more', false],
    ['P-256 for another algorithm', 'ed25519', pemOf(p256.publicKey), false],
    ['Ed25519 for another algorithm', 'ecdsa-p256-sha256', pemOf(ed25519.publicKey), false],
    ['P-384', 'ecdsa-p256-sha256', pemOf(p384.publicKey), false],
    ['RSA', 'ecdsa-p256-sha256', pemOf(rsa.publicKey), false],
    [
      'a private key',
      'ed25519',
      ed25519.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      false,
    ],
    ['garbage in PEM', 'ed25519', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', false],
    ['nothing', 'ed25519', '', false],
  ])('loads %s as %s only when it is one', (_name, algorithm, text, loaded) => {
    expect(loadSignatureKey(algorithm, text) !== undefined).toBe(loaded);
  });
});
