import { CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { LimitStoreLogin } from './limit-store-access.ts';
import {
  accessStringOf,
  type LimitStoreUser,
  limitStoreEngine,
  limitStoreUserNames,
} from './limit-store-permissions.ts';

export interface LimitStoreUsersProps {
  /** Name of the cache, at most 28 characters. ElastiCache generates no names for users. */
  readonly name: string;
}

/** One ElastiCache user per function and service that uses the limit store. Each authenticates with IAM. */
export class LimitStoreUsers extends Construct {
  readonly groupId: string;
  readonly #users: ReadonlyMap<LimitStoreUser, CfnUser>;

  constructor(scope: Construct, id: string, { name }: LimitStoreUsersProps) {
    super(scope, id);
    this.#users = new Map(
      limitStoreUserNames.map((user) => [
        user,
        new CfnUser(this, user, {
          engine: limitStoreEngine,
          // With IAM authentication the id and the name must be equal.
          userId: `${name}-${user}`,
          userName: `${name}-${user}`,
          authenticationMode: { Type: 'iam' },
          accessString: accessStringOf(user),
        }),
      ]),
    );
    this.groupId = new CfnUserGroup(this, 'Group', {
      engine: limitStoreEngine,
      userGroupId: name,
      userIds: [...this.#users.values()].map(({ ref }) => ref),
    }).ref;
  }

  /** The login of a user to a cache that has this user group. */
  login(
    user: LimitStoreUser,
    cache: { readonly url: string; readonly name: string; readonly arn: string; readonly kind: CacheKind },
  ): LimitStoreLogin {
    const created = this.#users.get(user);
    if (created === undefined) throw new Error(`The limit store has no user "${user}".`);
    return {
      environment: {
        [limitStoreEnv.url]: cache.url,
        [limitStoreEnv.topology]: 'cluster',
        [limitStoreEnv.user]: created.userId,
        [limitStoreEnv.cacheName]: cache.name,
        [limitStoreEnv.cacheKind]: cache.kind,
      },
      grantConnect: (grantee: IGrantable) => {
        Grant.addToPrincipal({
          grantee,
          actions: ['elasticache:Connect'],
          resourceArns: [cache.arn, created.attrArn],
        });
      },
    };
  }
}

type CacheKind = 'serverless' | 'nodes';
