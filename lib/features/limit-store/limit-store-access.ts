import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { LimitStoreUser } from './limit-store-users.ts';

/** The store of limits, revocations, breakers, deliveries and stock. */
export interface LimitStoreAccess {
  /** How one of its users gets at it. */
  loginAs(user: LimitStoreUser): LimitStoreLogin;
}

export interface LimitStoreLogin {
  /** Tells a function or a task where the store is, and as whom it is asked. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets the grantee authenticate as this user. The network's rules are apart. */
  grantConnect(grantee: IGrantable): void;
}

/** A store that is there already and lets its network in, as on a laptop. */
export function existingLimitStore(url: string): LimitStoreAccess {
  const environment = { [limitStoreEnv.url]: url, [limitStoreEnv.topology]: 'single' };
  return { loginAs: () => ({ environment, grantConnect: () => {} }) };
}
