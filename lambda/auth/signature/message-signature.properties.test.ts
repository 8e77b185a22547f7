import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeContentDigest } from '../../../runtime/http/content-digest.ts';
import { order, signed, signers, verified, verifiers, withFields } from '../testing/signed-messages.ts';
import type { SignedMessage } from './signature-base.ts';
import type { SignatureAlgorithm } from './signature-key.ts';

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
  test('verifies what was signed, by each algorithm and in each order of components', () => {
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

  test('refuses one changed byte in a covered component or in the signature', () => {
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
        fc.record({ at: fc.nat(), flip: fc.integer({ min: 1, max: 127 }) }),
        (bare, algorithm, part, { at, flip }) => {
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

  test('a change of any letter of the fields never throws and verifies nothing else', () => {
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
          // White space between the parts, and the unused bits of base64, are not signed.
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

/** Undefined when the change leaves the canonical value as it was, or nothing to change. */
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
