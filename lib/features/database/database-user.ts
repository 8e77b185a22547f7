import { ArnFormat, Fn, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';
import { databaseUser } from './database.ts';

export interface DatabaseUserProps {
  /** Fixed, so that operators find it. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  readonly replicaRegions: readonly string[];
}

/** Owner of the tables of a global database: name and password, replicated to each of its regions. */
export class DatabaseUser extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions }: DatabaseUserProps) {
    super(scope, id);
    const secret = generatedSecret(this, {
      name,
      username: databaseUser,
      description: 'Owner of the tables of the database.',
      removalPolicy,
      replicaRegions: replicaRegions.map((region) => ({ region })),
      rotation:
        'RDS manages no password of a global database. Operators change the secret and the database together, by hand, where ' +
        'the writer then is; tasks that know the one before are replaced.',
    });
    pinLogicalId(secret, 'DatabaseUser');
    this.secret = secret as ISecret;
  }
}

/**
 * The replica of a secret in this stack's region. Its ARN differs only in the region, and ECS needs the complete ARN for a
 * field of a secret.
 */
export function replicaSecret(scope: Construct, id: string, first: ISecret): ISecret {
  const arn = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: Fn.select(6, Fn.split(':', first.secretArn)),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return Secret.fromSecretCompleteArn(scope, id, arn);
}
