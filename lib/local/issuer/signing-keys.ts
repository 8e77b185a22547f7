import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import type { SigningAlgorithm } from '../../../lambda/shared/contract.ts';
import { readOrMake } from '../state-folder.ts';

/** Those that the gateway accepts. */
export const signingAlgorithms: readonly SigningAlgorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** The issuer's keys, one for each algorithm. */
export interface SigningKeys {
  /** The public halves, as `jwks.json` has them. */
  readonly publicKeys: readonly JWK[];
  /** The private half, and the id under which the public one is found. */
  forSigning(algorithm: SigningAlgorithm): Promise<{ readonly keyId: string; readonly key: CryptoKey }>;
}

const fileName = 'issuer-keys.json';

/** The keys in the state folder, made when there are none: tokens outlive a restart of the run. */
export async function openSigningKeys(stateFolder: string): Promise<SigningKeys> {
  const text = await readOrMake(stateFolder, fileName, async () =>
    JSON.stringify(await Promise.all(signingAlgorithms.map(makeKey))),
  );
  const privateKeys = JSON.parse(text) as readonly JWK[];
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

async function makeKey(alg: SigningAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** RFC 7517 and 7518: what a verifier needs, and nothing of the private half. */
function publicHalf(key: JWK): JWK {
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'kid'] as const;
  return Object.fromEntries(names.flatMap((name) => (key[name] === undefined ? [] : [[name, key[name]]])));
}
