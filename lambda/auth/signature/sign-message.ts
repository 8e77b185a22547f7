import { createHmac, type KeyObject, sign as signBytes } from 'node:crypto';
import { type BareItem, type InnerList, serializeDictionary, serializeInnerList } from 'structured-headers';
import { componentValue, type SignedMessage, signatureBase } from './signature-base.ts';
import type { SignatureAlgorithm } from './signature-key.ts';

/** The caller's side of a signature: for tests, benchmarks, and as an example for clients. */
export interface SignatureOptions {
  readonly algorithm: SignatureAlgorithm;
  /** The private key, or the shared secret for HMAC. */
  readonly key: KeyObject;
  /** Names of the components to cover, in order. */
  readonly components: readonly string[];
  /** In order: `created`, `keyid`, `nonce` and any other parameter of the signature. */
  readonly parameters: Readonly<Record<string, BareItem>>;
}

/**
 * Signs a request by RFC 9421 section 3.1.
 *
 * @returns The two fields to send with it.
 * @throws Error that names a component that the request does not have.
 */
export function signMessage(
  message: SignedMessage,
  { algorithm, key, components, parameters }: SignatureOptions,
): { readonly 'signature-input': string; readonly signature: string } {
  const list: InnerList = [components.map((name) => [name, new Map()]), new Map(Object.entries(parameters))];
  const lines = components.map((name): [string, string] => {
    const value = componentValue(message, name);
    if (value === undefined) throw new Error(`The request has no component "${name}" to sign.`);
    return [name, value];
  });
  const base = Buffer.from(signatureBase(lines, serializeInnerList(list)), 'ascii');
  return {
    'signature-input': serializeDictionary({ gateway: list }),
    signature: serializeDictionary({ gateway: sign[algorithm](base, key) }),
  };
}

const sign: Readonly<Record<SignatureAlgorithm, (base: Uint8Array, key: KeyObject) => Uint8Array>> = {
  ed25519: (base, key) => signBytes(null, base, key),
  'ecdsa-p256-sha256': (base, key) => signBytes('sha256', base, { key, dsaEncoding: 'ieee-p1363' }),
  'hmac-sha256': (base, key) => createHmac('sha256', key).update(base).digest(),
};
