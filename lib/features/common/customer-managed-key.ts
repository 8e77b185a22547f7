import { type IAspect, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnBackupVault } from 'aws-cdk-lib/aws-backup';
import { CfnRepository } from 'aws-cdk-lib/aws-ecr';
import { CfnReplicationGroup, CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache';
import { AnyPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster } from 'aws-cdk-lib/aws-rds';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { pinLogicalId } from './logical-id.ts';

export interface CustomerManagedKeyProps {
  readonly environmentName: string;
  readonly removalPolicy: RemovalPolicy;
}

/** KMS actions of AWS services on behalf of a caller. */
const uses = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Services through which principals of the account may use the key. */
const throughServices = ['backup', 'ecr', 'elasticache', 'rds', 'secretsmanager', 'sns', 'sqs'];

/**
 * The KMS key of an environment in a region, rotated every year. Its policy is like that of AWS managed keys: a principal of
 * the account that may use a queue, a secret or a topic may use the key through that service only. Permissions are set at the
 * resource alone; the key adds an audit trail, and can be disabled.
 */
export class CustomerManagedKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { environmentName, removalPolicy }: CustomerManagedKeyProps) {
    super(scope, id);
    const { account, partition, region, urlSuffix } = Stack.of(this);
    const key = new Key(this, 'Key', {
      alias: `gatehouse-${environmentName}`,
      description: `Encrypts the data of ${environmentName}: logs, queues, topics, secrets, caches, databases, backups.`,
      enableKeyRotation: true,
      removalPolicy,
    });
    pinLogicalId(key, 'CustomerManagedKey');
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'UseThroughAwsServices',
        principals: [new AnyPrincipal()],
        actions: uses,
        resources: ['*'],
        conditions: {
          StringEquals: {
            'kms:CallerAccount': account,
            'kms:ViaService': throughServices.map((service) => `${service}.${region}.${urlSuffix}`),
          },
        },
      }),
    );
    // CloudWatch Logs uses the key as a service principal ("Encrypt log data in CloudWatch Logs using AWS KMS").
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Logs',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: uses.filter((action) => action !== 'kms:CreateGrant'),
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
          },
        },
      }),
    );
    this.key = key;
  }
}

/** How long SQS reuses a data key: each caller causes one KMS request, with its cost, in this time. */
const dataKeySeconds = 3_600;

/**
 * Encrypts all resources that support it with the key of their region, unless they have another key. Resources that are added
 * later are encrypted, too. Buckets use S3 managed keys, because the services that deliver logs support no other.
 */
export class CustomerManagedKeyAspect implements IAspect {
  readonly #keyOf: (region: string) => IKey | undefined;

  constructor(keyOf: (region: string) => IKey | undefined) {
    this.#keyOf = keyOf;
  }

  visit(node: IConstruct): void {
    const put = keySetterOf(node);
    if (put === undefined) return;
    const key = this.#keyOf(Stack.of(node).region);
    if (key !== undefined) put(key.keyArn);
  }
}

function keySetterOf(node: IConstruct): ((keyArn: string) => void) | undefined {
  if (node instanceof CfnQueue) {
    return (keyArn) => {
      if (node.kmsMasterKeyId !== undefined) return;
      node.sqsManagedSseEnabled = undefined;
      node.kmsMasterKeyId = keyArn;
      node.kmsDataKeyReusePeriodSeconds = dataKeySeconds;
    };
  }
  if (node instanceof CfnTopic) {
    return (keyArn) => {
      node.kmsMasterKeyId ??= keyArn;
    };
  }
  if (node instanceof CfnRepository) {
    return (keyArn) => {
      node.encryptionConfiguration = { encryptionType: 'KMS', kmsKey: keyArn };
    };
  }
  if (node instanceof CfnBackupVault) {
    return (keyArn) => {
      node.encryptionKeyArn ??= keyArn;
    };
  }
  if (node instanceof CfnDBCluster) {
    return (keyArn) => {
      node.kmsKeyId ??= keyArn;
      // Without a master password in RDS no such secret exists (CreateDBCluster, MasterUserSecretKmsKeyId).
      if (node.manageMasterUserPassword === true) node.masterUserSecret = { kmsKeyId: keyArn };
    };
  }
  if (
    node instanceof CfnLogGroup ||
    node instanceof CfnSecret ||
    node instanceof CfnServerlessCache ||
    node instanceof CfnReplicationGroup
  ) {
    return (keyArn) => {
      node.kmsKeyId ??= keyArn;
    };
  }
  return undefined;
}
