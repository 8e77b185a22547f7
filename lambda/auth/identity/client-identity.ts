import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { ClientAddress } from '../../../runtime/http/client-address.ts';
import { clientCallerKey, type Identity } from '../../../runtime/tokens/identity.ts';
import { keyChecks } from '../../../runtime/tokens/token-revocation.ts';
import { type Credential, credentialFault } from './client-directory.ts';
import type { Identification } from './identification.ts';

/**
 * The identity of a client that has proved its key, unless the key or the client is not valid now, or the key
 * may not be used from this address.
 */
export function admitCredential(
  credential: Credential,
  at: { readonly address: ClientAddress; readonly now: number; readonly challenge: string },
): Identification {
  const fault = credentialFault(credential, at.now);
  if (fault === 'client-suspended') return { kind: 'forbidden', reason: fault };
  if (fault !== undefined) return { kind: 'refused', reason: fault, challenge: at.challenge };
  if (credential.addresses?.includes(at.address) === false) {
    return { kind: 'forbidden', reason: 'key-address-not-allowed' };
  }
  return { kind: 'known', identity: identityOf(credential) };
}

function identityOf({ client, keyId, permissions }: Credential): Identity {
  return {
    userId: NO_VALUE,
    userEmail: NO_VALUE,
    userRole: NO_VALUE,
    clientId: client.clientId,
    plan: client.plan,
    monthStartDay: client.monthStartDay,
    grants: permissions,
    caller: clientCallerKey(client.clientId),
    keyId,
    checks: keyChecks(keyId),
    contentDigest: NO_VALUE,
  };
}
