import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { pinLogicalId } from './logical-id.ts';

export interface LogBucketProps {
  /** Logical id of the bucket. */
  readonly logicalId: string;
  readonly retentionDays: number;
  /** `DESTROY` deletes the logs with the bucket. */
  readonly removalPolicy: RemovalPolicy;
}

/** Bucket of the access logs that AWS services deliver. */
export class LogBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { logicalId, retentionDays, removalPolicy }: LogBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      // Load balancers deliver logs only to buckets with S3 managed keys.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        { expiration: Duration.days(retentionDays), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    pinLogicalId(bucket, logicalId);
    acknowledge(bucket, 'S1', 'It holds access logs; a log of who writes logs would feed itself.');
    this.bucket = bucket as IBucket;
  }
}
