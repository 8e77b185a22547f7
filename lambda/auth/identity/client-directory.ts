import type { AddressList } from '../../../runtime/http/client-address.ts';
import type { SignatureKey } from '../signature/signature-key.ts';

/** Who is registered with the gateway: clients, and the keys that they call with. */
export interface ClientDirectory {
  /** Never throws: a directory that is away is an answer of its own. */
  find(keyId: string): Promise<DirectoryResult>;
}

export type DirectoryResult =
  | { readonly kind: 'found'; readonly credential: Credential }
  | { readonly kind: 'unknown' }
  /** To be answered with 503 and never as unauthenticated: the caller may well be known. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface Client {
  readonly clientId: string;
  readonly plan: string;
  /** Day of the calendar month on which its quotas begin anew, from 1 to 31. */
  readonly monthStartDay: number;
  readonly isSuspended: boolean;
  /** Seconds since the epoch; null is never. */
  readonly expiresAtSeconds: number | null;
}

/** A key that a client calls with, under an id of its own. While it is rolled, two or more of its secrets are live. */
export type Credential = ApiKeyCredential | SignatureCredential;

interface AnyCredential {
  readonly keyId: string;
  readonly client: Client;
  /** What the key may do, in the words of the routes' permissions. */
  readonly permissions: readonly string[];
  /** Where it may call from; null is everywhere. */
  readonly addresses: AddressList | null;
  readonly expiresAtSeconds: number | null;
}

export interface ApiKeyCredential extends AnyCredential {
  readonly kind: 'api-key';
  readonly hashes: readonly Expiring<{ readonly hash: Uint8Array }>[];
}

export interface SignatureCredential extends AnyCredential {
  readonly kind: 'signature';
  readonly keys: readonly Expiring<SignatureKey>[];
}

export type Expiring<T> = T & { readonly expiresAtSeconds: number | null };

export type CredentialFault = 'client-suspended' | 'client-expired' | 'key-expired';

/**
 * Why a credential does not count now, whatever is proved by it; undefined when it does. Its addresses, permissions
 * and revocation are judged elsewhere.
 *
 * @param now Milliseconds since the epoch.
 */
export function credentialFault(
  { client, expiresAtSeconds }: Credential,
  now: number,
): CredentialFault | undefined {
  if (client.isSuspended) return 'client-suspended';
  if (!isLive(client, now)) return 'client-expired';
  return isLive({ expiresAtSeconds }, now) ? undefined : 'key-expired';
}

/**
 * The hashes or keys that have not expired.
 *
 * @param now Milliseconds since the epoch.
 */
export function live<T>(secrets: readonly Expiring<T>[], now: number): Expiring<T>[] {
  return secrets.filter((secret) => isLive(secret, now));
}

function isLive({ expiresAtSeconds }: { readonly expiresAtSeconds: number | null }, now: number): boolean {
  return expiresAtSeconds === null || now < expiresAtSeconds * 1_000;
}
