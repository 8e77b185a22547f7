/** What the Lambda that rotates the origin secret and the templates agree on. Imports nothing. */

/** Names of the function's environment variables. */
export const env = {
  /** Id of the distribution that sends the secret. */
  distributionId: 'DISTRIBUTION_ID',
  /** Header in which it does, in lower case. */
  headerName: 'ORIGIN_SECRET_HEADER',
} as const;
