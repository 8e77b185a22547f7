import { RemovalPolicy } from 'aws-cdk-lib';
import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';

/** Bucket of the shop's scripts, styles and images, readable by the CloudFront distribution only. */
export class StaticFiles extends Construct {
  readonly bucketName: string;
  /** Origin with origin access control: CloudFront signs its requests. */
  readonly origin: IOrigin;

  constructor(scope: Construct, id: string, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // Versions allow the rollback of a deployment of files.
      versioned: true,
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    pinLogicalId(bucket, 'StaticFiles');
    acknowledge(
      bucket,
      'S1',
      'The access log of the distribution, the only reader, has every request for a file.',
    );
    this.bucketName = bucket.bucketName;
    this.origin = S3BucketOrigin.withOriginAccessControl(bucket as IBucket);
  }
}
