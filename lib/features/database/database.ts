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
  /** Readers in other zones, in addition to the writer. */
  readonly readers: number;
  /** `RETAIN` also protects from deletion and extends the backup retention. */
  readonly removalPolicy: RemovalPolicy;
  /** RDS refuses to delete the cluster. */
  readonly deletionProtection: boolean;
  /** Membership in a global database. @default - a cluster in one region */
  readonly global?: GlobalDatabaseMembership;
}

export const databasePort = 5432;
const databaseName = 'shop';
/** Owner of the tables. It cannot be changed after the cluster is created. */
export const databaseUser = 'shop';

/**
 * Aurora PostgreSQL Serverless v2: a writer, and readers that scale with it and are failover targets. TLS is required, and data
 * and backups are encrypted. RDS generates the password, stores it in Secrets Manager and rotates it every seven days
 * (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html). It does not support that for members
 * of a global database ("Limitations" there), which have a generated secret of this app.
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
      // Without it, clients may connect without TLS.
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
        // Scales with the writer, so that it can take over its load.
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
