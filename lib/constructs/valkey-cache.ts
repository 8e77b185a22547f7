import type { RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCache, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { pinLogicalId } from './logical-id.ts';
import type { StoreAccess } from './store-access.ts';

export interface ValkeyCacheProps {
  /** Name of the cache, its user and user group: ElastiCache takes no generated ones. At most 32 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** Ceilings of what it may cost. */
  readonly maxStorageGb: number;
  readonly maxEcpuPerSecond: number;
  readonly removalPolicy: RemovalPolicy;
}

const engine = 'valkey';

/**
 * What the gateway's one user may do: data and scripts, the clock that the scripts read, and what a client asks
 * before it counts a cluster as ready. Nothing that empties, reconfigures or watches the cache.
 */
const accessString = [
  'on ~* -@all',
  '+@read +@write +@scripting +@connection -@dangerous',
  '+time +info +cluster|slots +cluster|info',
].join(' ');

/**
 * ElastiCache Serverless for Valkey. It speaks TLS and cluster mode only, encrypts at rest, and lets in nobody but
 * its one user, who authenticates by IAM.
 */
export class ValkeyCache extends Construct implements StoreAccess {
  readonly url: string;
  readonly topology = 'cluster';
  readonly user: string;
  readonly cacheName: string;
  private readonly connectArns: string[];

  constructor(scope: Construct, id: string, props: ValkeyCacheProps) {
    super(scope, id);
    const user = new CfnUser(this, 'User', {
      engine,
      // IAM authentication asks for the two to be one.
      userId: props.name,
      userName: props.name,
      authenticationMode: { Type: 'iam' },
      accessString,
    });
    const users = new CfnUserGroup(this, 'Users', {
      engine,
      userGroupId: props.name,
      userIds: [user.ref],
    });
    const cache = new CfnServerlessCache(this, 'Cache', {
      engine,
      majorEngineVersion: '8',
      serverlessCacheName: props.name,
      description: 'Limits, quotas, revocations and breakers of the gateway.',
      cacheUsageLimits: {
        dataStorage: { maximum: props.maxStorageGb, unit: 'GB' },
        ecpuPerSecond: { maximum: props.maxEcpuPerSecond },
      },
      userGroupId: users.ref,
      securityGroupIds: [props.securityGroup.securityGroupId],
      subnetIds: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
    });
    cache.applyRemovalPolicy(props.removalPolicy);
    pinLogicalId(cache, 'Store');

    this.url = `rediss://${cache.attrEndpointAddress}:${cache.attrEndpointPort}`;
    this.user = props.name;
    this.cacheName = props.name;
    this.connectArns = [cache.attrArn, user.attrArn];
  }

  grantConnect(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns: this.connectArns });
  }
}
