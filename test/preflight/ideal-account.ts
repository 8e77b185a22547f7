import type { Account, Reading } from '../../lib/ops/preflight/account.ts';

export const found = <T>(value: T): Promise<Reading<T>> => Promise.resolve({ kind: 'found', value });
export const missing: () => Promise<{ readonly kind: 'missing' }> = () =>
  Promise.resolve({ kind: 'missing' });
export const refused: () => Promise<{ readonly kind: 'unreadable'; readonly reason: string }> = () =>
  Promise.resolve({ kind: 'unreadable', reason: 'AccessDeniedException: not authorized' });

export const accountId = '111122223333';

/** An account in which any environment can be deployed for the first time. */
export const idealAccount: Account = {
  caller: () => found({ account: accountId, arn: `arn:aws:iam::${accountId}:user/deployer` }),
  parameter: () => found('30'),
  quota: () => found(1_000_000),
  throttle: () => found({ rate: 1_000_000, burst: 1_000_000 }),
  concurrentExecutions: () => found(1_000_000),
  certificate: (_region, arn) => found({ status: 'ISSUED', names: [arn.split('/').at(-1) ?? ''] }),
  hostedZone: () => found({ name: 'shop.tld.', isPrivate: false }),
  secret: (_region, name) =>
    /\/stripe-key$|\/pim-token$/.test(name) ? found({ isDeleted: false, hasValue: true }) : missing(),
  hasImage: () => found(true),
  kafkaVersions: () =>
    found(
      new Map([
        ['3.9.x', 'ACTIVE'],
        ['2.8.1', 'DEPRECATED'],
      ]),
    ),
  kafkaCluster: missing,
  databaseVersion: () => found({ supportsGlobalDatabases: true }),
  stack: missing,
  resource: missing,
  edgeFunction: missing,
  templateFault: () => found(undefined),
};

/** The same account, in which every call of AWS is refused. */
export const closedAccount = Object.fromEntries(
  Object.keys(idealAccount).map((method) => [method, refused]),
) as unknown as Account;
