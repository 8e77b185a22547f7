/** What the revocation Lambda and the templates agree on. Imports nothing. */

/** The catalogue's name of the service that this Lambda is. */
export const revocationService = 'revocation';

/** The file beside the bundle that says whose tokens there are. */
export const tokenPolicyFileName = 'token-policy.json';

/**
 * What an operator has revoked, by invoking the function with `{ revoke: order }`: of one caller everything, all of one
 * application, one token by its `jti`, or one key by its id.
 */
export type RevocationRequest =
  | { readonly kind: 'everything'; readonly caller: string }
  | {
      readonly kind: 'application' | 'token' | 'key';
      /** As the store counts it: `user:` or `client:` and a digest. */
      readonly caller: string;
      readonly name: string;
    };

export type RevocationResult =
  | { readonly revoked: true }
  /** The store does not answer, so nothing was revoked. */
  | { readonly revoked: false; readonly reason: string };
