import aws4 from 'aws4';
import type { AwsCredentials } from '../aws-credentials.ts';

/**
 * The password of an IAM user at an ElastiCache serverless cache: a presigned request, its scheme left out, good for
 * 15 minutes to connect with
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html#auth-iam-Connecting).
 */
export function createIamToken(
  user: string,
  cacheName: string,
  credentials: AwsCredentials,
  now: Date,
): string {
  const query = new URLSearchParams({
    Action: 'connect',
    User: user,
    ResourceType: 'ServerlessCache',
    'X-Amz-Expires': '900',
    'X-Amz-Date': now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
  });
  const { path } = aws4.sign(
    {
      host: cacheName,
      path: `/?${query.toString()}`,
      method: 'GET',
      service: 'elasticache',
      region: credentials.region,
      signQuery: true,
    },
    credentials,
  );
  return `${cacheName}${path}`;
}
