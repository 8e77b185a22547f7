import { join } from 'node:path';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import type { SigningAlgorithm } from '../../../../runtime/contracts/gateway-contract.ts';
import { stateError } from '../state-error.ts';
import { readOrCreate } from '../state-folder.ts';

/** The algorithms that the gateway accepts. */
export const signingAlgorithms: readonly SigningAlgorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** The keys of the issuer, one per algorithm. */
export interface SigningKeys {
  /** The public keys, for `jwks.json`. */
  readonly publicKeys: readonly JWK[];
  /** The private key and the id of its public key. */
  forSigning(algorithm: SigningAlgorithm): Promise<{ readonly keyId: string; readonly key: CryptoKey }>;
}

const fileName = 'issuer-keys.json';

/** Reads the keys of the state folder, or creates them: tokens stay valid after a restart of the run. */
export async function openSigningKeys(stateFolder: string): Promise<SigningKeys> {
  const text = await readOrCreate({
    folder: stateFolder,
    name: fileName,
    make: async () => JSON.stringify(await Promise.all(signingAlgorithms.map(makeKey))),
    fault: () => undefined,
  });
  const privateKeys = await usableKeys(text).catch((error: unknown) => {
    throw stateError(join(stateFolder, fileName), error);
  });
  return {
    publicKeys: privateKeys.map(publicHalf),
    async forSigning(algorithm) {
      const jwk = privateKeys.find((key) => key.alg === algorithm);
      if (jwk === undefined) throw new Error(`${fileName} has no key for ${algorithm}. Delete the file.`);
      // Only symmetric keys are imported as bytes.
      return { keyId: String(jwk.kid), key: (await importJWK(jwk)) as CryptoKey };
    },
  };
}

/** @throws {Error} when the text does not contain a signing key for each algorithm. */
async function usableKeys(text: string): Promise<readonly JWK[]> {
  const keys = JSON.parse(text) as readonly JWK[];
  for (const algorithm of signingAlgorithms) {
    const key = keys.find(({ alg }) => alg === algorithm);
    if (key?.kid === undefined || key.d === undefined) throw new Error(`the key for ${algorithm} is missing`);
    await importJWK(key);
  }
  return keys;
}

async function makeKey(alg: SigningAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** The public part of a key (RFC 7517 and 7518). */
function publicHalf(key: JWK): JWK {
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'kid'] as const;
  return Object.fromEntries(names.flatMap((name) => (key[name] === undefined ? [] : [[name, key[name]]])));
}
