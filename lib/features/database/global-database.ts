import type { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDBCluster, CfnGlobalCluster, type DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { pinLogicalId } from '../common/logical-id.ts';

/** What a cluster is in an Aurora Global Database. All of it can be promoted: "first" is where it was made. */
export type GlobalDatabaseMembership = {
  /** Of the global database: an account's own, whatever the region. At most 63 characters. */
  readonly identifier: string;
  /** `username` and `password` of the owner of the tables, in the cluster's own region. */
  readonly user: ISecret;
} & (
  | { readonly role: 'primary' }
  /** Takes no writes until it is promoted, and must be made after the first. */
  | { readonly role: 'secondary'; readonly firstRegion: string }
);

/**
 * Makes a cluster a member. The first region's is what the global database is made from; a further region's names it, and
 * gets users, passwords and databases from it: naming them is refused ("Cannot specify user name for cross region
 * replication cluster").
 */
export function joinGlobalDatabase(
  cluster: DatabaseCluster,
  membership: GlobalDatabaseMembership,
  {
    removalPolicy,
    deletionProtection,
  }: { readonly removalPolicy: RemovalPolicy; readonly deletionProtection: boolean },
): void {
  const member = cluster.node.defaultChild;
  if (!(member instanceof CfnDBCluster)) throw new Error('A cluster is made of something else.');
  if (membership.role === 'primary') {
    // Said, since a cluster that was alone before has it on, and takes our password only with it off.
    member.manageMasterUserPassword = false;
    const whole = new CfnGlobalCluster(cluster, 'Global', {
      globalClusterIdentifier: membership.identifier,
      sourceDbClusterIdentifier: cluster.clusterArn,
      deletionProtection,
    });
    whole.applyRemovalPolicy(removalPolicy);
    pinLogicalId(whole, 'GlobalDatabase');
    return;
  }
  member.globalClusterIdentifier = membership.identifier;
  // RDS signs for the encrypted source with it.
  member.sourceRegion = membership.firstRegion;
  member.masterUsername = undefined;
  member.masterUserPassword = undefined;
  member.databaseName = undefined;
}
