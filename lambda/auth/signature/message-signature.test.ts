import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeContentDigest } from '../../../runtime/http/content-digest.ts';
import {
  defaultSignatureTimes,
  nonceLifetimeSeconds,
  readMessageSignature,
  type SignatureFault,
  type SignatureVerification,
  verifySignature,
} from './message-signature.ts';
import { type SignatureOptions, signMessage } from './sign-message.ts';
import type { SignedMessage } from './signature-base.ts';
import { loadSignatureKey, type SignatureAlgorithm, type SignatureKey } from './signature-key.ts';

const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = createSecretKey(Buffer.alloc(32, 7));

const signers = {
  ed25519: { algorithm: 'ed25519', key: ed25519.privateKey },
  'ecdsa-p256-sha256': { algorithm: 'ecdsa-p256-sha256', key: p256.privateKey },
  'hmac-sha256': { algorithm: 'hmac-sha256', key: secret },
} as const;

const verifiers: Record<SignatureAlgorithm, SignatureKey> = {
  ed25519: { algorithm: 'ed25519', key: ed25519.publicKey },
  'ecdsa-p256-sha256': { algorithm: 'ecdsa-p256-sha256', key: p256.publicKey },
  'hmac-sha256': { algorithm: 'hmac-sha256', key: secret },
};

const createdSeconds = 1_800_000_000;
const now = createdSeconds * 1_000;
const nonce = 'b3k2pp5k7z-50gnwp.yemd';
const contentDigest = writeContentDigest('sha-256', Buffer.from('{"quantity":1}'));

const order: SignedMessage = {
  method: 'POST',
  scheme: 'https',
  authority: 'shop.example',
  path: '/api/orders',
  query: 'dry=1',
  headers: { 'content-type': 'application/json', 'content-length': '14', 'content-digest': contentDigest },
};
const required = ['@method', '@path', '@query', 'content-digest'];
const parameters = { created: createdSeconds, keyid: 'client-1', nonce };

function signed(message: SignedMessage, options: Partial<SignatureOptions> = {}): SignedMessage {
  const fields = signMessage(message, { ...signers.ed25519, components: required, parameters, ...options });
  return { ...message, headers: { ...message.headers, ...fields } };
}

function verified(
  message: SignedMessage,
  keys: readonly SignatureKey[] = [verifiers.ed25519],
  at = now,
): SignatureVerification {
  const reading = readMessageSignature(message, at);
  return reading.kind === 'claimed' ? verifySignature(reading.claim, keys) : reading;
}

const refusal = (reason: SignatureFault) => ({ kind: 'refused', reason });

function withFields(input: string | undefined, signature: string | undefined): SignedMessage {
  return { ...order, headers: { ...order.headers, 'signature-input': input, signature } };
}

test('a signed request is verified, and what is yet to be checked comes with it', () => {
  expect(verified(signed(order))).toEqual({
    kind: 'verified',
    keyId: 'client-1',
    nonce,
    createdSeconds,
    contentDigest,
  });
});

describe('what must be covered', () => {
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
      'an empty body said to be so',
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
      'a digest by no algorithm of ours',
      { ...order, headers: { 'content-digest': 'md5=:Sd/dVLAcvNLSq16eXua5uQ==:' } },
      required,
      'content-digest-unusable',
    ],
    [
      'a digest that is none',
      { ...order, headers: { 'content-digest': 'sha-256=:AAAA:' } },
      required,
      'content-digest-unusable',
    ],
  ])('%s', (_name, message, components, expected) => {
    const result = verified(signed(message, { components }));
    expect(result.kind === 'refused' ? result.reason : result.kind).toBe(expected);
  });

  test('a body put into a call that was signed without one', () => {
    const message = signed(get, { components: ['@method', '@path'] });
    const withBody = { ...message, headers: { ...message.headers, 'content-length': '14' } };
    expect(verified(withBody)).toEqual(refusal('content-digest-not-covered'));
  });

  test('a query put behind a path that was signed without one', () => {
    const message = signed(get, { components: ['@method', '@path'] });
    expect(verified({ ...message, query: 'admin=1' })).toEqual(refusal('target-not-covered'));
    expect(verified({ ...message, query: '' })).toEqual(refusal('target-not-covered'));
  });
});

describe('what the parameters must state', () => {
  const { longestAgeSeconds, clockSkewSeconds } = defaultSignatureTimes;
  const { created, keyid } = parameters;
  test.each<[string, SignatureOptions['parameters'], SignatureFault | 'verified']>([
    ['no key id', { created, nonce }, 'key-id-missing'],
    ['an empty key id', { created, nonce, keyid: '' }, 'key-id-missing'],
    ['a key id without end', { created, nonce, keyid: 'k'.repeat(129) }, 'key-id-missing'],
    ['no nonce', { created, keyid }, 'nonce-missing'],
    ['a nonce that is a number', { created, keyid, nonce: 1_234_567_890_123 }, 'nonce-missing'],
    ['a nonce that can be met again', { created, keyid, nonce: 'short' }, 'nonce-missing'],
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
      'as old as it may be',
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
    ['an algorithm that is not taken', { ...parameters, alg: 'rsa-v1_5-sha256' }, 'algorithm-unsupported'],
    ['a parameter that means nothing here', { ...parameters, tag: 'shop' }, 'verified'],
  ])('%s', (_name, stated, expected) => {
    const result = verified(signed(order, { parameters: stated }));
    expect(result.kind === 'refused' ? result.reason : result.kind).toBe(expected);
  });

  test('a nonce is remembered until its signature is taken nowhere', () => {
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

describe('what the fields must be', () => {
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
  test('while a key is rolled both live ones are taken, whatever their algorithms', () => {
    const live = [verifiers['hmac-sha256'], verifiers.ed25519];
    expect(verified(signed(order), live).kind).toBe('verified');
    expect(verified(signed(order, signers['hmac-sha256']), live).kind).toBe('verified');
    expect(verified(signed(order, signers['ecdsa-p256-sha256']), live)).toEqual(
      refusal('signature-mismatch'),
    );
  });

  test('without a live key nothing is verified', () => {
    expect(verified(signed(order), [])).toEqual(refusal('signature-mismatch'));
  });

  test('a public key is no secret: a code made with its bytes is not taken', () => {
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
    ['text that is no base64', 'hmac-sha256', 'correct horse battery staple, and then some more', false],
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
  ])('%s is loaded as %s only when it is one', (_name, algorithm, text, loaded) => {
    expect(loadSignatureKey(algorithm, text) !== undefined).toBe(loaded);
  });
});

const fieldText = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const anyMessage = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  scheme: fc.constant('https' as const),
  authority: fc.domain(),
  path: fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
  query: fc.option(fc.webQueryParameters(), { nil: undefined }),
  headers: fc.record({
    'content-digest': fc.uint8Array({ maxLength: 50 }).map((body) => writeContentDigest('sha-512', body)),
    'x-one': fieldText,
    'x-many': fc.array(fieldText, { minLength: 1, maxLength: 3 }),
  }),
});
const anyAlgorithm = fc.constantFrom<SignatureAlgorithm>('ed25519', 'ecdsa-p256-sha256', 'hmac-sha256');
const everything = [
  '@method',
  '@target-uri',
  '@authority',
  '@path',
  '@query',
  'content-digest',
  'x-one',
  'x-many',
];

describe('for every message', () => {
  test('what is signed is verified, by each algorithm and in each order of components', () => {
    fc.assert(
      fc.property(
        anyMessage,
        anyAlgorithm,
        fc.shuffledSubarray(everything, { minLength: everything.length }),
        (message, algorithm, components) => {
          const result = verified(signed(message, { ...signers[algorithm], components }), [
            verifiers[algorithm],
          ]);
          expect(result.kind).toBe('verified');
        },
      ),
    );
  });

  test('one byte changed in a covered component or in the signature refuses it', () => {
    const parts = [
      'method',
      'authority',
      'path',
      'query',
      'content-digest',
      'x-one',
      'x-many',
      'signature',
    ] as const;
    fc.assert(
      fc.property(
        anyMessage,
        anyAlgorithm,
        fc.constantFrom(...parts),
        fc.nat(),
        fc.integer({ min: 1, max: 127 }),
        (bare, algorithm, part, at, flip) => {
          const message = signed(bare, { ...signers[algorithm], components: everything });
          const changed = changeOneByte(message, part, at, flip);
          fc.pre(changed !== undefined);
          expect(verified(changed, [verifiers[algorithm]]).kind).toBe('refused');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('no text in the fields throws or is verified', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.mixedCase(fc.constantFrom('gateway=()', 's=();created=1', '("@method");nonce=')),
      fc.stringMatching(
        /^[a-z]{1,3}=\(("[@a-z-]{1,12}"(;[a-z]{1,4})? ?){0,4}\)(;[a-z]{1,7}=[0-9"a-z?:]{1,12}){0,4}$/,
      ),
    );
    fc.assert(
      fc.property(anyText, anyText, fc.option(anyText), (input, signature, digest) => {
        const message = withFields(input, signature);
        const headers = { ...message.headers, ...(digest === null ? {} : { 'content-digest': digest }) };
        expect(verified({ ...message, headers }, Object.values(verifiers)).kind).toBe('refused');
      }),
      { numRuns: 1_000 },
    );
  });

  test('a change of any letter of the fields throws nowhere and verifies nothing else', () => {
    const message = signed(order);
    const before = verified(message);
    const fields = ['signature-input', 'signature'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.nat(),
        fc.string({ unit: 'binary', maxLength: 2 }),
        (field, at, put) => {
          const text = fieldOf(message, field);
          const index = at % text.length;
          const changed = text.slice(0, index) + put + text.slice(index + 1);
          const result = verified({ ...message, headers: { ...message.headers, [field]: changed } });
          // White space between the parts, and bits that base64 leaves over, are no part of what is signed.
          expect(result).toEqual(
            result.kind === 'verified' ? before : { kind: 'refused', reason: result.reason },
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function fieldOf({ headers }: SignedMessage, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

type Part = 'method' | 'authority' | 'path' | 'query' | 'content-digest' | 'x-one' | 'x-many' | 'signature';

/** Undefined where the change leaves the canonical value as it was, or nothing to change. */
function changeOneByte(
  message: SignedMessage,
  part: Part,
  at: number,
  flip: number,
): SignedMessage | undefined {
  if (part === 'signature') {
    const bytes = Buffer.from(fieldOf(message, part).split(':')[1] ?? '', 'base64');
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
    return {
      ...message,
      headers: { ...message.headers, signature: `gateway=:${bytes.toString('base64')}:` },
    };
  }
  const inHeaders = part === 'content-digest' || part === 'x-one' || part === 'x-many';
  const value = inHeaders ? message.headers[part] : message[part];
  const text = typeof value === 'string' ? value : value?.at(0);
  if (text === undefined || text === '') return undefined;
  const index = at % text.length;
  const letter = String.fromCharCode(text.charCodeAt(index) ^ flip);
  const changed = text.slice(0, index) + letter + text.slice(index + 1);
  const isSame =
    part === 'authority'
      ? changed.toLowerCase() === text.toLowerCase()
      : inHeaders && changed.trim() === text;
  if (isSame) return undefined;
  if (!inHeaders) return { ...message, [part]: changed };
  const lines = typeof value === 'string' ? changed : [changed, ...(value ?? []).slice(1)];
  return { ...message, headers: { ...message.headers, [part]: lines } };
}
