/** The contract between the revocation Lambda and the templates. Imports nothing. */

/** The catalogue's name of this Lambda's service. */
export const revocationService = 'revocation';

/** The file beside the bundle that holds the token issuers. */
export const tokenPolicyFileName = 'token-policy.json';

/**
 * An operator's order, sent by invoking the function with `{ revoke: order }`: revokes all credentials of one
 * caller, all of one application, one token by its `jti`, or one key by its id.
 */
export type RevocationRequest =
  | { readonly kind: 'everything'; readonly caller: string }
  | {
      readonly kind: 'application' | 'token' | 'key';
      /** The caller's key in the limit store: `user:` or `client:` and a digest. */
      readonly caller: string;
      readonly name: string;
    };

export type RevocationResult =
  | { readonly revoked: true }
  /** The limit store does not answer, so nothing was revoked. */
  | { readonly revoked: false; readonly reason: string };
