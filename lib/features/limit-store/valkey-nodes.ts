import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';
import type { LimitStoreAccess, LimitStoreLogin } from './limit-store-access.ts';
import { type LimitStoreUser, limitStoreEngine } from './limit-store-permissions.ts';
import { LimitStoreUsers } from './limit-store-users.ts';

export interface ValkeyNodesProps {
  /** Name of the replication group and of its user group, and prefix of its users. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** Node type, such as `cache.r7g.large`. */
  readonly nodeType: string;
  readonly shards: number;
  /** Replicas per shard, in other zones; ElastiCache promotes one if the primary fails. */
  readonly replicasPerShard: number;
  /** `RETAIN` also keeps daily snapshots of the last seven days. */
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Valkey on provisioned nodes in cluster mode: TLS, encryption at rest, a primary and its replicas in different zones, the users
 * of the serverless cache. Shards can be added online.
 */
export class ValkeyNodes extends Construct implements LimitStoreAccess {
  readonly #cache: { url: string; name: string; arn: string; kind: 'nodes' };
  readonly #users: LimitStoreUsers;

  constructor(scope: Construct, id: string, props: ValkeyNodesProps) {
    super(scope, id);
    const { name, shards, replicasPerShard } = props;
    const description = 'Limits, quotas, revocations, breakers and stock of the gateway.';
    this.#users = new LimitStoreUsers(this, 'Users', { name });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      cacheSubnetGroupName: name,
      description,
      subnetIds: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
    });
    const nodes = new CfnReplicationGroup(this, 'Nodes', {
      replicationGroupId: name,
      replicationGroupDescription: description,
      engine: limitStoreEngine,
      engineVersion: '8.0',
      cacheParameterGroupName: 'default.valkey8.cluster.on',
      cacheNodeType: props.nodeType,
      numNodeGroups: shards,
      replicasPerNodeGroup: replicasPerShard,
      // Required in cluster mode, with and without replicas.
      automaticFailoverEnabled: true,
      multiAzEnabled: replicasPerShard > 0,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      userGroupIds: [this.#users.groupId],
      securityGroupIds: [props.securityGroup.securityGroupId],
      cacheSubnetGroupName: subnets.ref,
      port: 6379,
      autoMinorVersionUpgrade: true,
      snapshotRetentionLimit: props.removalPolicy === RemovalPolicy.DESTROY ? 0 : 7,
    });
    // Without it, CloudFormation would replace the group to change the number of shards.
    nodes.cfnOptions.updatePolicy = { useOnlineResharding: true };
    nodes.applyRemovalPolicy(props.removalPolicy);
    pinLogicalId(nodes, 'LimitStore');
    acknowledge(
      nodes,
      'AEC5',
      'Hiding the port adds no security: only functions and services can reach it, and a scan of the VPC finds any port.',
    );
    this.#cache = {
      url: `rediss://${nodes.attrConfigurationEndPointAddress}:${nodes.attrConfigurationEndPointPort}`,
      name,
      arn: Stack.of(this).formatArn({
        service: 'elasticache',
        resource: 'replicationgroup',
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      kind: 'nodes',
    };
  }

  loginAs(user: LimitStoreUser): LimitStoreLogin {
    return this.#users.login(user, this.#cache);
  }
}
