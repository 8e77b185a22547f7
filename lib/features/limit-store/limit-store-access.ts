import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { LimitStoreUser } from './limit-store-permissions.ts';

/** Access to the limit store: limits, quotas, revocations, circuit breakers, webhook deliveries and stock. */
export interface LimitStoreAccess {
  /** The login of one user. */
  loginAs(user: LimitStoreUser): LimitStoreLogin;
}

/** Settings and permission of one user of the limit store. */
export interface LimitStoreLogin {
  /** Environment variables with the address of the limit store and the user name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Allows the grantee to authenticate as this user. Security groups allow the connection separately. */
  grantConnect(grantee: IGrantable): void;
}

/** An existing limit store without authentication, such as the one of the local run. */
export function existingLimitStore(url: string): LimitStoreAccess {
  const environment = { [limitStoreEnv.url]: url, [limitStoreEnv.topology]: 'single' };
  return { loginAs: () => ({ environment, grantConnect: () => {} }) };
}
