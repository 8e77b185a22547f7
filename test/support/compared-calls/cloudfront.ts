import * as cloudfront from '@aws-sdk/client-cloudfront';
import * as keyvalues from '@aws-sdk/client-cloudfront-keyvaluestore';
import { createOriginHeaderDistribution } from '../../../lambda/origin-rotation/aws-distribution.ts';
import { createEdgeAccess } from '../../../lib/ops/access/edge-access.ts';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import type { ComparedCall } from './compared-call.ts';

const switchesArn = 'arn:aws:cloudfront::123456789012:key-value-store/6f2a';

const distribution = (endpoint: string) => ({
  endpoint,
  distributionId: 'E1',
  headerName: 'x-gw-origin-secret',
});
const edge = (endpoint: string, credentials: AwsCredentials) =>
  createEdgeAccess({ cloudfront: endpoint, keyValues: endpoint }, credentials, {
    distributionId: 'E1',
    switchesArn,
  });

/** Calls of CloudFront and its key-value stores. */
export const cloudFrontCalls: readonly ComparedCall[] = [
  {
    name: 'CloudFront GetDistribution, GetDistributionConfig and UpdateDistribution',
    ours: async (endpoint, credentials) => {
      const sending = createOriginHeaderDistribution(credentials, distribution(endpoint));
      await sending.sent();
      await sending.send('b'.repeat(64));
    },
    editsBody: true,
    sdk: (config) => {
      const client = new cloudfront.CloudFrontClient(config);
      return [
        () => client.send(new cloudfront.GetDistributionCommand({ Id: 'E1' })),
        () => client.send(new cloudfront.GetDistributionConfigCommand({ Id: 'E1' })),
        () =>
          client.send(
            new cloudfront.UpdateDistributionCommand({
              Id: 'E1',
              IfMatch: 'etag',
              DistributionConfig: {} as never,
            }),
          ),
      ];
    },
  },
  {
    name: 'CloudFront CreateInvalidation',
    ours: (endpoint, credentials) => edge(endpoint, credentials).invalidate(['/a b&<c>/*', '#tag'], 'ref-1'),
    sdk: (config) => {
      const client = new cloudfront.CloudFrontClient(config);
      const Paths = { Quantity: 2, Items: ['/a b&<c>/*', '#tag'] };
      const InvalidationBatch = { CallerReference: 'ref-1', Paths };
      return [
        () =>
          client.send(new cloudfront.CreateInvalidationCommand({ DistributionId: 'E1', InvalidationBatch })),
      ];
    },
  },
  {
    name: 'CloudFront KeyValueStore DescribeKeyValueStore, ListKeys and UpdateKeys',
    ours: async (endpoint, credentials) => {
      const access = edge(endpoint, credentials);
      await access.switches();
      await access.write(
        'etag',
        new Map([
          ['kill', '[]'],
          ['block:x', undefined],
        ]),
      );
    },
    sdk: (config) => {
      const client = new keyvalues.CloudFrontKeyValueStoreClient(config);
      const KvsARN = switchesArn;
      return [
        () => client.send(new keyvalues.DescribeKeyValueStoreCommand({ KvsARN })),
        () => client.send(new keyvalues.ListKeysCommand({ KvsARN, MaxResults: 50 })),
        () => client.send(new keyvalues.ListKeysCommand({ KvsARN, MaxResults: 50, NextToken: 'next+/=' })),
        () =>
          client.send(
            new keyvalues.UpdateKeysCommand({
              KvsARN,
              IfMatch: 'etag',
              Puts: [{ Key: 'kill', Value: '[]' }],
              Deletes: [{ Key: 'block:x' }],
            }),
          ),
      ];
    },
  },
];
