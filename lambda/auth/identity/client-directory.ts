import type { AddressList } from '../../../runtime/http/client-address.ts';
import type { SignatureKey } from '../signature/signature-key.ts';

/** The directory of the gateway's clients and their keys. */
export interface ClientDirectory {
  /** Never throws: an unavailable directory is a result. */
  find(keyId: string): Promise<DirectoryResult>;
}

export type DirectoryResult =
  | { readonly kind: 'found'; readonly credential: Credential }
  | { readonly kind: 'unknown' }
  /** Answered with 503 and never as unauthenticated, because the caller may be known. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface Client {
  readonly clientId: string;
  readonly plan: string;
  /** Day of the calendar month on which its quotas start, from 1 to 31. */
  readonly monthStartDay: number;
  readonly isSuspended: boolean;
  /** Seconds since the epoch; null is never. */
  readonly expiresAtSeconds: number | null;
}

/** A client's key with its id. During a rotation, two or more of its secrets are live. */
export type Credential = ApiKeyCredential | SignatureCredential;

interface AnyCredential {
  readonly keyId: string;
  readonly client: Client;
  /** Permissions of the key, as routes name them. */
  readonly permissions: readonly string[];
  /** Addresses that may use it; null is every address. */
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
 * Why a proven credential is not valid now; undefined when it is. Addresses, permissions and revocation are
 * checked elsewhere.
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
