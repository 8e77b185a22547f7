import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * An API key, `gh_<environment>_<id>_<secret>_<checksum>`: the prefix is for scanners of leaked secrets, the
 * id finds the client, the checksum (CRC-32 over everything before it) detects mistyped or invented keys
 * without a look-up, and a double click selects the whole key. The checksum is not a protection; only the
 * secret is.
 */
export interface ApiKey {
  readonly environment: string;
  /** Public; logs and operators name the key by it. */
  readonly id: string;
  /** The whole key. Never logged or stored. */
  readonly text: string;
}

/** `malformed`: not a key of this gateway, or mistyped. `other-environment`: a key of another environment. */
export type ApiKeyReading =
  | { readonly kind: 'key'; readonly key: ApiKey }
  | { readonly kind: 'malformed' | 'other-environment' };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Letters of base62 (5.95 bits each): 71 bits of id, 160 of secret, 32 of checksum. */
const letters = { id: 12, secret: 27, checksum: 6 } as const;

const shape = new RegExp(
  `^gh_([a-z][a-z0-9-]{0,19})_([0-9A-Za-z]{${letters.id}})_[0-9A-Za-z]{${letters.secret}}_([0-9A-Za-z]{${letters.checksum}})$`,
);

/** Parses a key as a caller sends it. Accepts any text; makes no look-up. */
export function readApiKey(text: string, environment: string): ApiKeyReading {
  const [, ofEnvironment, id, checksum] = shape.exec(text) ?? [];
  if (ofEnvironment === undefined || id === undefined || checksum === undefined) return { kind: 'malformed' };
  if (checksumOf(text.slice(0, -letters.checksum)) !== checksum) return { kind: 'malformed' };
  if (ofEnvironment !== environment) return { kind: 'other-environment' };
  return { kind: 'key', key: { environment, id, text } };
}

/**
 * Makes a new key, or with an id a new secret for it.
 *
 * @param randomBytes Returns so many unpredictable bytes.
 */
export function createApiKey(
  environment: string,
  randomBytes: (count: number) => Uint8Array,
  id = base62(randomBytes(2 * letters.id), letters.id),
): ApiKey {
  const body = `gh_${environment}_${id}_${base62(randomBytes(2 * letters.secret), letters.secret)}_`;
  const reading = readApiKey(body + checksumOf(body), environment);
  if (reading.kind !== 'key') {
    throw new Error(
      `"${environment}" and "${id}" cannot form a key. Use an environment of a-z, 0-9 and hyphens.`,
    );
  }
  return reading.key;
}

/**
 * The stored hash of a key: HMAC-SHA256 of the whole text. Its secret is too long to guess, so no slow hash
 * is needed; the pepper is stored separately from the hashes, so that write access to the hashes is not
 * enough to make a key.
 */
export function hashApiKey({ text }: ApiKey, pepper: string): Uint8Array {
  return createHmac('sha256', pepper).update(text).digest();
}

/**
 * Whether the key's hash with one of the live peppers is among the stored ones, in constant time for each
 * pair.
 *
 * @param peppers The current one first; two while it is rotated.
 */
export function isStoredApiKey(
  key: ApiKey,
  hashes: readonly Uint8Array[],
  peppers: readonly string[],
): boolean {
  return peppers.some((pepper) => {
    const hash = hashApiKey(key, pepper);
    return hashes.some((stored) => stored.length === hash.length && timingSafeEqual(stored, hash));
  });
}

/** The key in a form that may be shown: enough to find it, without its secret. */
export function maskApiKey({ environment, id }: ApiKey): string {
  return `gh_${environment}_${id}_***`;
}

function checksumOf(text: string): string {
  return digits(BigInt(crc32(text)), letters.checksum);
}

/** Uses sixteen random bits for each letter, so that the bias of the remainder is negligible. */
function base62(bytes: Uint8Array, length: number): string {
  return digits(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), length);
}

/** The last digits of a number in base62, with leading zeros. */
function digits(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  for (let position = 0; position < length; position++) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}
