/** What the revocation Lambda and the templates agree on. Imports nothing. */

/** The catalogue's name of the service that this Lambda is. */
export const revocationService = 'revocation';

/** The file beside the bundle that says whose tokens there are. */
export const tokenPolicyFileName = 'token-policy.json';
