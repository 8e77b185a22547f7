/** The contract between the Lambda that rotates the origin secret and the templates. Imports nothing. */

/** Names of the function's environment variables. */
export const env = {
  /** Id of the distribution that sends the secret. */
  distributionId: 'DISTRIBUTION_ID',
  /** Header of the secret, in lower case. */
  headerName: 'ORIGIN_SECRET_HEADER',
} as const;
