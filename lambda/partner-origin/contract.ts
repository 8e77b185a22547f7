/** The contract between the partner API's authorizer and the templates. Imports nothing. */

/** Names of the function's environment variables. */
export const env = {
  /** Id or name of the origin secret. */
  originSecretId: 'ORIGIN_SECRET_ID',
} as const;
