import type { Account, LookupResult } from '../../lib/ops/preflight/account.ts';

export const foundResult = <T>(value: T): Promise<LookupResult<T>> =>
  Promise.resolve({ kind: 'found', value });
export const missingResult: () => Promise<{ readonly kind: 'missing' }> = () =>
  Promise.resolve({ kind: 'missing' });
export const unreadableResult: () => Promise<{ readonly kind: 'unreadable'; readonly reason: string }> = () =>
  Promise.resolve({ kind: 'unreadable', reason: 'AccessDeniedException: not authorized' });

export const accountId = '111122223333';

/** An account that is ready for the first deployment of any environment. */
export const deployableAccount: Account = {
  caller: () => foundResult({ account: accountId, arn: `arn:aws:iam::${accountId}:user/deployer` }),
  parameter: () => foundResult('30'),
  quota: () => foundResult(1_000_000),
  throttle: () => foundResult({ rate: 1_000_000, burst: 1_000_000 }),
  concurrentExecutions: () => foundResult(1_000_000),
  certificate: (_region, arn) => foundResult({ status: 'ISSUED', names: [arn.split('/').at(-1) ?? ''] }),
  hostedZone: () => foundResult({ name: 'shop.tld.', isPrivate: false }),
  secret: (_region, name) =>
    /\/stripe-key$|\/pim-token$/.test(name)
      ? foundResult({ isDeleted: false, hasValue: true })
      : missingResult(),
  hasImage: () => foundResult(true),
  kafkaVersions: () =>
    foundResult(
      new Map([
        ['3.9.x', 'ACTIVE'],
        ['2.8.1', 'DEPRECATED'],
      ]),
    ),
  kafkaCluster: missingResult,
  databaseVersion: () => foundResult({ supportsGlobalDatabases: true }),
  stack: missingResult,
  resource: (_region, type) => (type === 'AWS::IAM::Role' ? foundResult({}) : missingResult()),
  edgeFunction: missingResult,
  templateFault: () => foundResult(undefined),
};

/** An account in which AWS refuses every call. */
export const deniedAccount = Object.fromEntries(
  Object.keys(deployableAccount).map((method) => [method, unreadableResult]),
) as unknown as Account;
