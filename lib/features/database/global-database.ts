import type { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDBCluster, CfnGlobalCluster, type DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { pinLogicalId } from '../common/logical-id.ts';

/** Membership of a cluster in an Aurora global database. Any cluster can be promoted; "first" is the region where it was created. */
export type GlobalDatabaseMembership = {
  /** Identifier of the global database, unique in the account in all regions. At most 63 characters. */
  readonly identifier: string;
  /** `username` and `password` of the owner of the tables, in the region of the cluster. */
  readonly user: ISecret;
} & (
  | { readonly role: 'primary' }
  /** Accepts no writes until it is promoted. Created after the first region's cluster. */
  | { readonly role: 'secondary'; readonly firstRegion: string }
);

/**
 * Makes a cluster a member. The global database is created from the first region's cluster. A further region's cluster names it
 * and gets users, passwords and databases from it; RDS refuses a user name ("Cannot specify user name for cross region
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
    // Explicit: a cluster that becomes a member has it enabled, and RDS accepts a password only if it is disabled.
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
  // RDS signs the request for the encrypted source with it.
  member.sourceRegion = membership.firstRegion;
  member.masterUsername = undefined;
  member.masterUserPassword = undefined;
  member.databaseName = undefined;
}
