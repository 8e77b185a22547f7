import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';
import { type DatabaseAccess, databaseFields } from './database-access.ts';
import { type GlobalDatabaseMembership, joinGlobalDatabase } from './global-database.ts';

export interface DatabaseProps {
  /** Name of the cluster. At most 63 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** Aurora capacity units, about 2 GiB of memory each, in halves. */
  readonly minAcu: number;
  readonly maxAcu: number;
  /** Instances besides the writer, in other zones. */
  readonly readers: number;
  /** `RETAIN` also protects from deletion and leaves a longer trail of backups. */
  readonly removalPolicy: RemovalPolicy;
  /** RDS refuses to delete the cluster. */
  readonly deletionProtection: boolean;
  /** Its part in a database of several regions. @default - one of its own */
  readonly global?: GlobalDatabaseMembership;
}

export const databasePort = 5432;
const databaseName = 'shop';
/** Owns the tables. A cluster that exists cannot be given another. */
export const databaseUser = 'shop';

/**
 * Aurora PostgreSQL Serverless v2: a writer and readers that follow its capacity and take over from it, TLS or nothing,
 * encrypted with its backups. RDS makes the password, keeps it in Secrets Manager and rotates it every seven days
 * (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html), which it does for no member of
 * a global database ("Limitations" there): those have a secret of ours.
 */
export class Database extends Construct implements DatabaseAccess {
  readonly environment: DatabaseAccess['environment'];
  readonly secrets: DatabaseAccess['secrets'];
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const keeps = props.removalPolicy !== RemovalPolicy.DESTROY;
    const cluster = new DatabaseCluster(this, 'Cluster', {
      clusterIdentifier: props.name,
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      // Without it a client may choose to speak in the clear.
      parameters: { 'rds.force_ssl': '1' },
      defaultDatabaseName: databaseName,
      port: databasePort,
      ...(props.global === undefined
        ? { credentials: { username: databaseUser }, manageMasterUserPassword: true }
        : {
            credentials: Credentials.fromPassword(
              databaseUser,
              props.global.user.secretValueFromJson('password'),
            ),
          }),
      iamAuthentication: true,
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [props.securityGroup],
      writer: ClusterInstance.serverlessV2('Writer'),
      readers: Array.from({ length: props.readers }, (_, index) =>
        // As large as the writer at every moment, so that it can take over.
        ClusterInstance.serverlessV2(`Reader${index + 1}`, { scaleWithWriter: true }),
      ),
      serverlessV2MinCapacity: props.minAcu,
      serverlessV2MaxCapacity: props.maxAcu,
      storageEncrypted: true,
      backup: { retention: Duration.days(keeps ? 35 : 1) },
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
    });
    pinLogicalId(cluster, 'Database');
    this.clusterArn = cluster.clusterArn;
    if (props.global !== undefined) joinGlobalDatabase(cluster, props.global, props);
    if (!props.deletionProtection) {
      acknowledge(
        cluster,
        'RDS10',
        keeps
          ? 'A first deployment that fails must be able to delete what it made; the next deployment turns it on.'
          : 'The environment is one that comes and goes, and its data with it.',
      );
    }
    const endpoint = {
      host: cluster.clusterEndpoint.hostname,
      port: databasePort,
      name: databaseName,
      isGlobal: props.global !== undefined,
    };
    const access = databaseFields(endpoint, (props.global?.user ?? cluster.secret) as ISecret);
    this.environment = access.environment;
    this.secrets = access.secrets;
  }
}
