import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { EventBrokers } from '../../lib/constructs/event-brokers.ts';
import { ImageRepository } from '../../lib/constructs/image-repository.ts';
import { LogBucket } from '../../lib/constructs/log-bucket.ts';
import { OriginSecret } from '../../lib/constructs/origin-secret.ts';
import { Tables } from '../../lib/constructs/tables.ts';
import { newSecurityGroup, newStack, newVpc } from './stack.ts';

const { DESTROY, RETAIN } = RemovalPolicy;
const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

describe('the tables', () => {
  const tables = (removalPolicy: RemovalPolicy) => {
    const stack = newStack();
    new Tables(stack, 'Tables', { removalPolicy });
    return Template.fromStack(stack);
  };
  const ids = ['ClientsTable', 'PolicyAuditTable', 'UsageTable'];

  it('have fixed logical ids and keys', () => {
    const found = tables(DESTROY).findResources('AWS::DynamoDB::GlobalTable');
    expect(Object.keys(found).sort()).toEqual(ids);
    const keys = (id: string) =>
      found[id]?.['Properties'].KeySchema.map((key: { AttributeName: string }) => key.AttributeName);
    expect(keys('ClientsTable')).toEqual(['clientId']);
    expect(keys('UsageTable')).toEqual(['clientId', 'month']);
    expect(keys('PolicyAuditTable')).toEqual(['document', 'changedAt']);
  });

  it('are restorable and encrypted with a key of our own that rotates', () => {
    const template = tables(DESTROY);
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        Match.objectLike({
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': ['TablesKey', 'Arn'] } },
        }),
      ],
    });
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  it('let only usage expire', () => {
    const found = tables(DESTROY).findResources('AWS::DynamoDB::GlobalTable', {
      Properties: { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } },
    });
    expect(Object.keys(found)).toEqual(['UsageTable']);
  });

  it('outlive their stack, with their key, where data is retained', () => {
    const template = tables(RETAIN);
    template.allResources('AWS::DynamoDB::GlobalTable', kept);
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })],
    });
    template.hasResource('AWS::KMS::Key', kept);
  });

  it('go with their stack where it comes and goes', () => {
    const template = tables(DESTROY);
    template.allResources('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })],
    });
  });
});

describe('the origin secret', () => {
  const secret = (region: string) => {
    const stack = newStack(region);
    new OriginSecret(stack, 'Secret', { name: 'gatehouse/x/origin-secret', removalPolicy: RETAIN });
    return Template.fromStack(stack);
  };

  it('is one generated string that fits a header, under the given name', () => {
    const template = secret('eu-west-1');
    template.hasResource('AWS::SecretsManager::Secret', {
      Properties: {
        Name: 'gatehouse/x/origin-secret',
        GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
      },
      ...kept,
    });
    expect(Object.keys(template.findResources('AWS::SecretsManager::Secret'))).toEqual(['OriginSecret']);
  });

  it('is replicated to where the edge is', () => {
    secret('eu-west-1').hasResourceProperties('AWS::SecretsManager::Secret', {
      ReplicaRegions: [{ Region: 'us-east-1' }],
    });
  });

  it('needs no replica beside the edge', () => {
    secret('us-east-1').hasResourceProperties('AWS::SecretsManager::Secret', {
      ReplicaRegions: Match.absent(),
    });
  });
});

describe('the image repository', () => {
  const repository = (removalPolicy: RemovalPolicy) => {
    const stack = newStack();
    new ImageRepository(stack, 'Images', { name: 'gatehouse-x-store', removalPolicy });
    return Template.fromStack(stack);
  };

  it('scans what is pushed and clears away what is old', () => {
    const template = repository(RETAIN);
    template.hasResource('AWS::ECR::Repository', {
      Properties: {
        RepositoryName: 'gatehouse-x-store',
        ImageScanningConfiguration: { ScanOnPush: true },
        EmptyOnDelete: false,
      },
      ...kept,
    });
    const [found] = Object.values(template.findResources('AWS::ECR::Repository'));
    const { rules } = JSON.parse(found?.['Properties'].LifecyclePolicy.LifecyclePolicyText);
    expect(rules.map((rule: { selection: object }) => rule.selection)).toEqual([
      { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 30, countUnit: 'days' },
      { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 100 },
    ]);
  });

  it('is emptied with an environment that comes and goes', () => {
    repository(DESTROY).hasResource('AWS::ECR::Repository', {
      Properties: { EmptyOnDelete: true },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('the log bucket', () => {
  const bucket = (removalPolicy: RemovalPolicy) => {
    const stack = newStack();
    new LogBucket(stack, 'Logs', { logicalId: 'Logs', retentionDays: 14, removalPolicy });
    return Template.fromStack(stack);
  };

  it('is private, encrypted, for TLS only, and forgets in time', () => {
    const template = bucket(RETAIN);
    template.hasResource('AWS::S3::Bucket', {
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 14, Status: 'Enabled' })] },
      },
      ...kept,
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
      },
    });
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 0);
  });

  it('is emptied with an environment that comes and goes', () => {
    bucket(DESTROY).resourceCountIs('Custom::S3AutoDeleteObjects', 1);
  });
});

describe('the event brokers', () => {
  it('are MSK Serverless in the isolated subnets, with IAM only', () => {
    const stack = newStack();
    const vpc = newVpc(stack);
    const securityGroup = newSecurityGroup(stack, vpc);
    new EventBrokers(stack, 'Events', { name: 'gatehouse-x', vpc, securityGroup, removalPolicy: RETAIN });
    Template.fromStack(stack).hasResource('AWS::MSK::ServerlessCluster', {
      Properties: {
        ClusterName: 'gatehouse-x',
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
        VpcConfigs: [
          {
            SubnetIds: vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
            SecurityGroups: [stack.resolve(securityGroup.securityGroupId)],
          },
        ],
      },
      ...kept,
    });
  });
});
