import type { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';
import type { DatabaseAccess } from './database-access.ts';
import { replicaSecret } from './database-user.ts';

export interface DatabaseRoleProps {
  readonly environment: string;
  readonly service: string;
  /** Access to the database as the owner of all tables. */
  readonly owner: DatabaseAccess;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica of the password, because they have a replica of the database. */
  readonly replicaRegions: readonly string[];
  /** The first region's role, whose password is replicated. @default - this is the first region */
  readonly replicaOf?: DatabaseRole | undefined;
}

/**
 * The database role of a service. It reads and writes the rows of the service's schema; the tasks use the owner only for
 * migrations (`services/platform/database/service-role.ts`, which creates the role with this password).
 */
export class DatabaseRole extends Construct implements DatabaseAccess {
  readonly environment: DatabaseAccess['environment'];
  readonly secrets: DatabaseAccess['secrets'];
  /** Name and password; undefined where a URL names the database. */
  readonly login: ISecret | undefined;

  constructor(scope: Construct, id: string, props: DatabaseRoleProps) {
    super(scope, id);
    const { service, owner } = props;
    const user = `gatehouse_${service.replaceAll('-', '_')}`;
    const { DATABASE_URL: url, ...variables } = owner.environment;
    if (url !== undefined) {
      this.environment = { ...variables, DATABASE_OWNER_URL: url, DATABASE_URL: urlAs(url, user) };
      this.secrets = owner.secrets;
      this.login = undefined;
      return;
    }
    const first = props.replicaOf?.login;
    const secret = first === undefined ? this.#make(props, user) : replicaSecret(this, 'Secret', first);
    this.login = secret;
    const { DATABASE_USER: ownerUser, DATABASE_PASSWORD: ownerPassword } = owner.secrets;
    this.environment = variables;
    this.secrets = {
      DATABASE_USER: Secret.fromSecretsManager(secret, 'username'),
      DATABASE_PASSWORD: Secret.fromSecretsManager(secret, 'password'),
      ...(ownerUser === undefined ? {} : { DATABASE_OWNER_USER: ownerUser }),
      ...(ownerPassword === undefined ? {} : { DATABASE_OWNER_PASSWORD: ownerPassword }),
    };
  }

  #make(
    { environment, service, removalPolicy, replicaRegions }: DatabaseRoleProps,
    username: string,
  ): ISecret {
    const secret = generatedSecret(this, {
      name: `gatehouse/${environment}/database/${service}`,
      username,
      description: `Database role of the service "${service}".`,
      removalPolicy,
      ...(replicaRegions.length === 0
        ? {}
        : { replicaRegions: replicaRegions.map((region) => ({ region })) }),
      rotation:
        'Write a new value and deploy the service again: each task sets the password of its role to the value that it has read.',
    });
    pinLogicalId(secret, 'DatabaseRole');
    return secret as ISecret;
  }
}

/** The URL of the same database with another user and the owner's password, for the local run, which has no access control. */
function urlAs(url: string, user: string): string {
  const own = new URL(url);
  own.username = user;
  if (own.password === '') own.password = user;
  return own.href;
}
