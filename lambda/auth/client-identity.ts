import type { ClientAddress } from '../shared/client-address.ts';
import { absent } from '../shared/contract.ts';
import { keyChecks } from '../shared/revocation.ts';
import { clientCaller, type Identity } from '../shared/tokens/identity.ts';
import { type Credential, credentialFault } from './client-directory.ts';
import type { Identification } from './identification.ts';

/**
 * The identity of a client that has proved its key, unless the key or the client does not count now, or calls from
 * where the key may not be used.
 */
export function admitCredential(
  credential: Credential,
  at: { readonly address: ClientAddress; readonly now: number; readonly challenge: string },
): Identification {
  const fault = credentialFault(credential, at.now);
  if (fault === 'client-suspended') return { kind: 'forbidden', reason: fault };
  if (fault !== undefined) return { kind: 'refused', reason: fault, challenge: at.challenge };
  if (credential.addresses?.includes(at.address) === false) {
    return { kind: 'forbidden', reason: 'key-not-from-here' };
  }
  return { kind: 'known', identity: identityOf(credential) };
}

function identityOf({ client, keyId, permissions }: Credential): Identity {
  return {
    userId: absent,
    userEmail: absent,
    userRole: absent,
    clientId: client.clientId,
    plan: client.plan,
    monthStartDay: client.monthStartDay,
    grants: permissions,
    caller: clientCaller(client.clientId),
    keyId,
    checks: keyChecks(keyId),
    contentDigest: absent,
  };
}
