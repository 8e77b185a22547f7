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

/** What a service does with the key in a caller's name, one by one. */
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
 * The one key of an environment in a region, renewed every year. Its policy is that of the keys which AWS manages: who of
 * the account may use a queue, a secret or a topic may use the key through that service, and in no other way. What may be
 * done is said once, at the resource; the key adds an audit trail, and can be switched off.
 */
export class CustomerManagedKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { environmentName, removalPolicy }: CustomerManagedKeyProps) {
    super(scope, id);
    const { account, partition, region, urlSuffix } = Stack.of(this);
    const key = new Key(this, 'Key', {
      alias: `gatehouse-${environmentName}`,
      description: `What ${environmentName} keeps: logs, queues, topics, secrets, caches, databases and their backups.`,
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
    // CloudWatch Logs asks in its own name ("Encrypt log data in CloudWatch Logs using AWS KMS").
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

/** How long SQS uses one data key: KMS is asked, and charges, once in this time for each caller. */
const dataKeySeconds = 3_600;

/**
 * Puts everything that can be under the key of its region there, unless it has a key of its own: what is added later is
 * under it, too. Buckets stay under S3's own keys, since those who deliver logs into them take no other.
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
      // A cluster whose password RDS does not keep has no such secret (CreateDBCluster, MasterUserSecretKmsKeyId).
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
