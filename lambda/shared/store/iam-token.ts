import { AwsV4Signer } from 'aws4fetch';
import type { AwsCredentials } from '../aws-credentials.ts';

/**
 * The password of an IAM user at an ElastiCache serverless cache: a presigned request, its scheme left out, good for
 * 15 minutes to connect with
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html#auth-iam-Connecting).
 */
export async function createIamToken(
  user: string,
  cacheName: string,
  credentials: AwsCredentials,
  now: Date,
): Promise<string> {
  const query = new URLSearchParams({
    Action: 'connect',
    User: user,
    ResourceType: 'ServerlessCache',
    'X-Amz-Expires': '900',
  });
  const signed = await new AwsV4Signer({
    ...credentials,
    service: 'elasticache',
    method: 'GET',
    url: `https://${cacheName}/?${query.toString()}`,
    signQuery: true,
    datetime: now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
  }).sign();
  return signed.url.href.replace('https://', '');
}
