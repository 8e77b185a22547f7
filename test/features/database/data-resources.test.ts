import { readFileSync } from 'node:fs';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { LogBucket } from '../../../lib/features/common/log-bucket.ts';
import { Tables } from '../../../lib/features/database/tables.ts';
import { OriginSecret } from '../../../lib/features/edge/origin-secret.ts';
import { ImageRepository } from '../../../lib/features/services/image-repository.ts';
import { all, newStack, only } from '../../support/test-stack.ts';

const { DESTROY, RETAIN } = RemovalPolicy;
const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

describe('the tables', () => {
  const tables = (removalPolicy: RemovalPolicy) => {
    const stack = newStack();
    new Tables(stack, 'Tables', { removalPolicy, deletionProtection: removalPolicy === RETAIN });
    return Template.fromStack(stack);
  };
  const ids = ['BusinessStateTable', 'ClientsTable', 'MeteringLedgerTable', 'PolicyAuditTable', 'UsageTable'];

  test('have fixed logical ids and keys', () => {
    const found = tables(DESTROY).findResources('AWS::DynamoDB::GlobalTable');
    expect(Object.keys(found).sort()).toEqual(ids);
    const keys = (id: string) =>
      found[id]?.['Properties'].KeySchema.map((key: { AttributeName: string }) => key.AttributeName);
    expect(keys('ClientsTable')).toEqual(['clientId']);
    expect(keys('UsageTable')).toEqual(['clientId', 'month']);
    expect(keys('PolicyAuditTable')).toEqual(['document', 'changedAt']);
  });

  test('have point-in-time recovery and a customer managed key with rotation', () => {
    const template = tables(DESTROY);
    for (const table of all(template, 'AWS::DynamoDB::GlobalTable')) {
      expect(table['Properties']).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [
          {
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': ['TablesKey', 'Arn'] } },
          },
        ],
      });
    }
    expect(only(template, 'AWS::KMS::Key')['Properties'].EnableKeyRotation).toBe(true);
  });

  test('expire usage and ledger items, but neither clients nor audit records', () => {
    const found = tables(DESTROY).findResources('AWS::DynamoDB::GlobalTable', {
      Properties: { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } },
    });
    expect(Object.keys(found).sort()).toEqual(['BusinessStateTable', 'MeteringLedgerTable', 'UsageTable']);
  });

  test('are retained with their key if the environment keeps data', () => {
    const template = tables(RETAIN);
    expect(all(template, 'AWS::DynamoDB::GlobalTable')).toMatchObject(
      ids.map(() => ({ ...kept, Properties: { Replicas: [{ DeletionProtectionEnabled: true }] } })),
    );
    expect(only(template, 'AWS::KMS::Key')).toMatchObject(kept);
  });

  test('are deleted with the stack otherwise', () => {
    expect(all(tables(DESTROY), 'AWS::DynamoDB::GlobalTable')).toMatchObject(
      ids.map(() => ({
        DeletionPolicy: 'Delete',
        Properties: { Replicas: [{ DeletionProtectionEnabled: false }] },
      })),
    );
  });
});

describe('the origin secret', () => {
  const secret = (region: string) => {
    const stack = newStack(region);
    new OriginSecret(stack, 'Secret', { name: 'gatehouse/x/origin-secret', removalPolicy: RETAIN });
    return Template.fromStack(stack);
  };

  const replicas = (region: string) =>
    only(secret(region), 'AWS::SecretsManager::Secret')['Properties'].ReplicaRegions;

  test('is one generated string that is valid in a header, with the given name', () => {
    const template = secret('eu-west-1');
    expect(template.findResources('AWS::SecretsManager::Secret')).toMatchObject({
      OriginSecret: {
        Properties: {
          Name: 'gatehouse/x/origin-secret',
          GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
        },
        ...kept,
      },
    });
  });

  test('is replicated to the region of the edge', () => {
    expect(replicas('eu-west-1')).toEqual([{ Region: 'us-east-1' }]);
  });

  test('has no replica if it is in the region of the edge', () => {
    expect(replicas('us-east-1')).toBeUndefined();
  });
});

describe('the image repository', () => {
  const repository = (removalPolicy: RemovalPolicy) => {
    const stack = newStack();
    new ImageRepository(stack, 'Images', { name: 'gatehouse-x-store', removalPolicy });
    return Template.fromStack(stack);
  };

  test('has immutable tags, as the repository of the CDK bootstrap has', () => {
    expect(only(repository(RETAIN), 'AWS::ECR::Repository')['Properties']).toMatchObject({
      ImageTagMutability: 'IMMUTABLE',
    });
    const bootstrap = readFileSync('node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml', 'utf8');
    expect(bootstrap).toMatch(
      /Type: AWS::ECR::Repository\n {4}Properties:\n {6}ImageTagMutability: IMMUTABLE/,
    );
  });

  test('scans pushed images and expires old ones', () => {
    const found = only(repository(RETAIN), 'AWS::ECR::Repository');
    expect(found).toMatchObject({
      Properties: {
        RepositoryName: 'gatehouse-x-store',
        ImageScanningConfiguration: { ScanOnPush: true },
        EmptyOnDelete: false,
      },
      ...kept,
    });
    const { rules } = JSON.parse(found['Properties'].LifecyclePolicy.LifecyclePolicyText);
    expect(rules.map((rule: { selection: object }) => rule.selection)).toEqual([
      { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 30, countUnit: 'days' },
      { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 100 },
    ]);
  });

  test('is emptied and deleted with a temporary environment', () => {
    expect(only(repository(DESTROY), 'AWS::ECR::Repository')).toMatchObject({
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

  test('is private, encrypted, requires TLS, and expires objects', () => {
    const template = bucket(RETAIN);
    expect(only(template, 'AWS::S3::Bucket')).toMatchObject({
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
        LifecycleConfiguration: { Rules: [{ ExpirationInDays: 14, Status: 'Enabled' }] },
      },
      ...kept,
    });
    expect(only(template, 'AWS::S3::BucketPolicy')['Properties']).toMatchObject({
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
    expect(all(template, 'Custom::S3AutoDeleteObjects')).toEqual([]);
  });

  test('is emptied and deleted with a temporary environment', () => {
    expect(all(bucket(DESTROY), 'Custom::S3AutoDeleteObjects')).toHaveLength(1);
  });
});
