import type { ReadSecret } from '../aws/secrets-manager.ts';
import type { TokenPolicy } from '../contracts/gateway-contract.ts';
import { readJson } from '../http/fetch-json.ts';
import { describeError, type Log } from '../logging/log.ts';
import { createKeySets } from './key-sets.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './verification.ts';

/** Verifies the tokens of a policy's issuers, with keys that are read over the network and cached. */
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
      log.warn('Entries of a key set are skipped.', { jwksUri, faults: faults.join(' ') }),
  });
  if (!issuers.some((issuer) => 'secretId' in issuer)) return createTokenVerifier(keySets);
  // Few deployments have such an issuer, and others start without loading this.
  const { createHmacKeys } = await import('./hmac-keys.ts');
  const hmacKeys = createHmacKeys(issuers, {
    readSecret,
    onFailure: (secretId, error) =>
      log.error('The secret of a token issuer could not be read.', { secretId, error: describeError(error) }),
    onShortKey: (secretId, minBytes) =>
      log.error("A value of a token issuer's secret is too short and is skipped.", {
        secretId,
        minBytes,
      }),
  });
  return createTokenVerifier(keySets, hmacKeys);
}
