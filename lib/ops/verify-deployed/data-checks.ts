import { regionsOf } from '../../config/index.ts';
import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import type { AwsPorts } from './deployment.ts';
import { requiredResources } from './request-path-checks.ts';

/** What keeps data, as AWS has it. */
export const dataChecks: readonly Check<AwsPorts>[] = [
  {
    name: 'deletion-protected',
    remedy: 'The first deployment was made with -c deletionProtection=false: deploy once more without it.',
    run: async (ports) => {
      const { aws, environment, inventory } = ports;
      if (environment.data !== 'retain') return inconclusive("the environment's data is 'destroy'");
      const faults: string[] = [];
      const dataStacks = new Set(
        requiredResources(ports, 'AWS::DynamoDB::GlobalTable').map(({ stack }) => stack),
      );
      for (const { name, isProtected } of inventory.stacks) {
        if (dataStacks.has(name) && !isProtected) faults.push(`${name} has no termination protection`);
      }
      for (const { physicalId, region } of inventory.ofType('AWS::DynamoDB::GlobalTable')) {
        const { Table } = await aws.tables(region).describeTable({ TableName: physicalId });
        if (Table?.DeletionProtectionEnabled !== true) faults.push(`the table ${physicalId}`);
      }
      for (const { physicalId, region } of inventory.ofType('AWS::RDS::DBCluster')) {
        const { DBClusters = [] } = await aws
          .databases(region)
          .describeDBClusters({ DBClusterIdentifier: physicalId });
        if (DBClusters[0]?.DeletionProtection !== true) faults.push(`the database ${physicalId}`);
      }
      return passUnlessFaults(faults, 'stacks, tables and databases refuse to be deleted');
    },
  },
  {
    name: 'global-database-members',
    assumption: 'global-database',
    remedy:
      '"Invalid master password" at Data-REGION: the global cluster goes by another name. A word on a pre-signed URL: add the cluster by aws rds create-db-cluster and import it.',
    run: async ({ aws, environment, inventory }) => {
      const regions = regionsOf(environment);
      const clusters = inventory.ofType('AWS::RDS::GlobalCluster');
      if (regions.length < 2 || clusters.length === 0)
        return inconclusive('the environment has no global database');
      const faults: string[] = [];
      for (const { physicalId, region } of clusters) {
        const { GlobalClusters = [] } = await aws
          .databases(region)
          .describeGlobalClusters({ GlobalClusterIdentifier: physicalId });
        const members = GlobalClusters[0]?.GlobalClusterMembers?.length ?? 0;
        if (members !== regions.length)
          faults.push(`${physicalId} has ${members} members, expected ${regions.length}`);
      }
      return passUnlessFaults(faults, `${regions.length} members`);
    },
  },
  {
    name: 'database-password-own',
    assumption: 'global-database',
    remedy:
      'CloudFormation does not take ManageMasterUserPassword off: aws rds modify-db-cluster --no-manage-master-user-password with the secret of the user, then deploy again.',
    run: async (ports) => {
      const { aws, environment, inventory } = ports;
      if (regionsOf(environment).length < 2) return inconclusive('the environment has one region');
      const faults: string[] = [];
      for (const { physicalId, region } of inventory.ofType('AWS::RDS::DBCluster')) {
        const { DBClusters = [] } = await aws
          .databases(region)
          .describeDBClusters({ DBClusterIdentifier: physicalId });
        if (DBClusters[0]?.MasterUserSecret !== undefined)
          faults.push(`${physicalId} has a MasterUserSecret`);
      }
      return passUnlessFaults(faults, 'RDS keeps no password');
    },
  },
];
