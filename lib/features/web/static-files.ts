import { RemovalPolicy } from 'aws-cdk-lib';
import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';

/** The store's scripts, styles and pictures: a bucket that only the distribution reads. */
export class StaticFiles extends Construct {
  readonly bucketName: string;
  /** By origin access control: CloudFront signs what it asks for. */
  readonly origin: IOrigin;

  constructor(scope: Construct, id: string, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // A deployment of files that went wrong is taken back.
      versioned: true,
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    pinLogicalId(bucket, 'StaticFiles');
    acknowledge(
      bucket,
      'S1',
      'Every request for a file is in the access log of the distribution, its only reader.',
    );
    this.bucketName = bucket.bucketName;
    this.origin = S3BucketOrigin.withOriginAccessControl(bucket as IBucket);
  }
}
