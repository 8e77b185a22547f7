import { CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { LimitStoreLogin } from './limit-store-access.ts';

export const limitStoreEngine = 'valkey';

/**
 * What each user's scripts read and write: keys as the scripts' callers write them, and commands as the scripts call
 * them. Every write has a time at which it ends, so none of these can fill the store for good.
 */
const userPermissions = {
  auth: {
    keys: ['rate', 'quota', 'nonce', 'revoked'].map(callerKeyPattern),
    commands: ['mget', 'set', 'time'],
  },
  revocation: { keys: [callerKeyPattern('revoked')], commands: ['mget', 'set', 'time'] },
  metering: { keys: [callerKeyPattern('quota')], commands: ['mget', 'set', 'time'] },
  aggregation: { keys: ['gh:{breaker:*', 'gh:{part:*'], commands: ['get', 'set', 'del', 'time'] },
  webhooks: { keys: ['gh:{webhook:*'], commands: ['get', 'set', 'del', 'time'] },
  inventory: { keys: ['gh:{stock:*'], commands: ['get', 'set', 'del', 'time'] },
} as const satisfies Record<
  string,
  { readonly keys: readonly string[]; readonly commands: readonly string[] }
>;

export type LimitStoreUser = keyof typeof userPermissions;
export const limitStoreUserNames = Object.keys(userPermissions) as LimitStoreUser[];

export function isLimitStoreUser(name: string): name is LimitStoreUser {
  return Object.hasOwn(userPermissions, name);
}

function callerKeyPattern(space: string): string {
  return `gh:{*}:${space}:*`;
}

/**
 * A user's access string: to run scripts over its own keys, to say who it is, and to learn where slots are. Nothing that
 * empties, reconfigures, lists or watches.
 */
export function accessStringOf(user: LimitStoreUser): string {
  const { keys, commands } = userPermissions[user];
  return [
    'on',
    ...keys.map((pattern) => `~${pattern}`),
    '-@all +@connection -@dangerous +eval +evalsha +cluster|slots',
    ...commands.map((command) => `+${command}`),
  ].join(' ');
}

export interface LimitStoreUsersProps {
  /** Name of the cache. ElastiCache takes no generated names for users. At most 28 characters. */
  readonly name: string;
}

/** One user for everything that asks the store, each of whom authenticates by IAM. */
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
          // IAM authentication asks for the two to be one.
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

  /** How a user gets at a cache that knows this group. */
  login(
    user: LimitStoreUser,
    cache: { readonly url: string; readonly name: string; readonly arn: string; readonly kind: CacheKind },
  ): LimitStoreLogin {
    const made = this.#users.get(user);
    if (made === undefined) throw new Error(`The store has no user "${user}".`);
    return {
      environment: {
        [limitStoreEnv.url]: cache.url,
        [limitStoreEnv.topology]: 'cluster',
        [limitStoreEnv.user]: made.userId,
        [limitStoreEnv.cacheName]: cache.name,
        [limitStoreEnv.cacheKind]: cache.kind,
      },
      grantConnect: (grantee: IGrantable) => {
        Grant.addToPrincipal({
          grantee,
          actions: ['elasticache:Connect'],
          resourceArns: [cache.arn, made.attrArn],
        });
      },
    };
  }
}

type CacheKind = 'serverless' | 'nodes';
