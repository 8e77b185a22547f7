import aws4 from 'aws4';
import type { AwsCredentials } from '../aws/aws-credentials.ts';

/** As MSK's own signers do: MSK asks a longer connection to authenticate again. */
const lifetimeSeconds = 900;

/**
 * The OAUTHBEARER token of an MSK client: a presigned request to connect, in unpadded base64url
 * (https://github.com/aws/aws-msk-iam-sasl-signer-js produces the same tokens).
 */
export function createMskToken(credentials: AwsCredentials, now: Date): string {
  const host = `kafka.${credentials.region}.amazonaws.com`;
  const query = new URLSearchParams({
    Action: 'kafka-cluster:Connect',
    'X-Amz-Expires': String(lifetimeSeconds),
    'X-Amz-Date': now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
  });
  const { path } = aws4.sign(
    {
      host,
      path: `/?${query.toString()}`,
      method: 'GET',
      service: 'kafka-cluster',
      region: credentials.region,
      signQuery: true,
    },
    credentials,
  );
  // Not signed, as in the signers: the broker logs it.
  return Buffer.from(`https://${host}${path}&User-Agent=gatehouse`).toString('base64url');
}
