import type { ReadSecret } from '../aws/secrets-manager.ts';
import type { TokenPolicy } from '../contracts/gateway-contract.ts';
import { readJson } from '../http/fetch-json.ts';
import { describeError, type Log } from '../logging/log.ts';
import { createKeySets } from './key-sets.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

/** Verifies the tokens of a policy's issuers, by keys that are read over the network and kept. */
export async function createPolicyTokenVerifier(
  { issuers }: TokenPolicy,
  readSecret: ReadSecret,
  log: Log,
): Promise<TokenVerifier> {
  const keySets = createKeySets({
    fetch: readJson,
    onFailure: (jwksUri, error) =>
      log.error('The key set could not be read.', { jwksUri, error: describeError(error) }),
    onUnusable: (jwksUri, faults) =>
      log.warn('Entries of a key set are left out.', { jwksUri, faults: faults.join(' ') }),
  });
  if (!issuers.some((issuer) => 'secretId' in issuer)) return createTokenVerifier(keySets);
  // Few deployments have such an issuer, and the start of the others does not read this.
  const { createHmacKeys } = await import('./hmac-keys.ts');
  const hmacKeys = createHmacKeys(issuers, {
    readSecret,
    onFailure: (secretId, error) =>
      log.error('The secret of a token issuer could not be read.', { secretId, error: describeError(error) }),
    onShortKey: (secretId, minBytes) =>
      log.error('A value of the secret of a token issuer is too short, and is left out.', {
        secretId,
        minBytes,
      }),
  });
  return createTokenVerifier(keySets, hmacKeys);
}
