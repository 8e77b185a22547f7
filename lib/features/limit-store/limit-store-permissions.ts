/** The engine of the cache and of its users. */
export const limitStoreEngine = 'valkey';

/**
 * Keys and commands of each user of the limit store: the keys that its scripts read and write, as the callers of the scripts pass
 * them, and the commands that the scripts call. Every write sets an expiry, so no user can fill the limit store permanently.
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

/** Name of a user: a function or a service. */
export type LimitStoreUser = keyof typeof userPermissions;
export const limitStoreUserNames = Object.keys(userPermissions) as LimitStoreUser[];

export function isLimitStoreUser(name: string): name is LimitStoreUser {
  return Object.hasOwn(userPermissions, name);
}

function callerKeyPattern(space: string): string {
  return `gh:{*}:${space}:*`;
}

/**
 * The access string of a user. It allows scripts over the user's keys, authentication, and reading the cluster's slots. It allows
 * no command that flushes, reconfigures, lists or monitors.
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
