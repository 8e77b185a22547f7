import aws4 from 'aws4';
import type { AwsCredentials } from '../aws/aws-credentials.ts';

/** The kind of an ElastiCache name: a serverless cache, or a replication group of nodes. */
export const cacheKinds = ['serverless', 'nodes'] as const;
export type CacheKind = (typeof cacheKinds)[number];

/**
 * The password of an IAM user at ElastiCache: a presigned request without its scheme, valid for new
 * connections for 15 minutes
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html#auth-iam-Connecting).
 */
export function createIamToken(
  user: string,
  { name, kind }: { readonly name: string; readonly kind: CacheKind },
  credentials: AwsCredentials,
  now: Date,
): string {
  const query = new URLSearchParams({
    Action: 'connect',
    User: user,
    ...(kind === 'serverless' ? { ResourceType: 'ServerlessCache' } : {}),
    'X-Amz-Expires': '900',
    'X-Amz-Date': now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
  });
  const { path } = aws4.sign(
    {
      host: name,
      path: `/?${query.toString()}`,
      method: 'GET',
      service: 'elasticache',
      region: credentials.region,
      signQuery: true,
    },
    credentials,
  );
  return `${name}${path}`;
}
