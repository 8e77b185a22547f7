import { Stack } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface EdgeAccessLogsProps {
  /** Name of the log delivery, unique in the account. */
  readonly name: string;
  readonly distribution: IDistribution;
  readonly bucket: IBucket;
}

/** Standard logging (v2) of a distribution: JSON lines in a bucket, which needs no ACLs. */
export class EdgeAccessLogs extends Construct {
  constructor(scope: Construct, id: string, { name, distribution, bucket }: EdgeAccessLogsProps) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    const writer = new PolicyStatement({
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects('*')],
      conditions: {
        StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SourceAccount': account },
        ArnLike: {
          'aws:SourceArn': Stack.of(this).formatArn({
            service: 'logs',
            region,
            resource: 'delivery-source:*',
          }),
        },
      },
    });
    const { policyDependable } = bucket.addToResourcePolicy(writer);

    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: distribution.distributionArn,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name,
      destinationResourceArn: bucket.bucketArn,
      outputFormat: 'json',
    });
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      s3SuffixPath: '{DistributionId}/{yyyy}/{MM}/{dd}/{HH}',
    });
    delivery.addResourceDependency(source);
    if (policyDependable !== undefined) delivery.node.addDependency(policyDependable);
  }
}
