import type { RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';
import type { LimitStoreAccess, LimitStoreLogin } from './limit-store-access.ts';
import { type LimitStoreUser, limitStoreEngine } from './limit-store-permissions.ts';
import { LimitStoreUsers } from './limit-store-users.ts';

export interface ValkeyCacheProps {
  /** Name of the cache and of its user group, and prefix of its users: ElastiCache generates no names. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** Maximum usage, which limits the cost. */
  readonly maxStorageGb: number;
  readonly maxEcpuPerSecond: number;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * ElastiCache Serverless for Valkey: TLS, cluster mode, encryption at rest. Only its users have access, and they authenticate
 * with IAM.
 */
export class ValkeyCache extends Construct implements LimitStoreAccess {
  readonly #cache: { url: string; name: string; arn: string; kind: 'serverless' };
  readonly #users: LimitStoreUsers;

  constructor(scope: Construct, id: string, props: ValkeyCacheProps) {
    super(scope, id);
    this.#users = new LimitStoreUsers(this, 'Users', { name: props.name });
    const cache = new CfnServerlessCache(this, 'Cache', {
      engine: limitStoreEngine,
      majorEngineVersion: '8',
      serverlessCacheName: props.name,
      description: 'Limits, quotas, revocations, circuit breakers and stock of the gateway.',
      cacheUsageLimits: {
        dataStorage: { maximum: props.maxStorageGb, unit: 'GB' },
        ecpuPerSecond: { maximum: props.maxEcpuPerSecond },
      },
      userGroupId: this.#users.groupId,
      securityGroupIds: [props.securityGroup.securityGroupId],
      subnetIds: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
    });
    cache.applyRemovalPolicy(props.removalPolicy);
    pinLogicalId(cache, 'LimitStore');
    this.#cache = {
      url: `rediss://${cache.attrEndpointAddress}:${cache.attrEndpointPort}`,
      name: props.name,
      arn: cache.attrArn,
      kind: 'serverless',
    };
  }

  loginAs(user: LimitStoreUser): LimitStoreLogin {
    return this.#users.login(user, this.#cache);
  }
}
