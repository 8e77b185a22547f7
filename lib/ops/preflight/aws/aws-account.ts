import type { Account } from '../account.ts';
import { accountLookups } from './account-lookups.ts';
import type { ClientSettings } from './lookup.ts';
import { resourceLookups } from './resource-lookups.ts';
import { stackLookups } from './stack-lookups.ts';

/** Short timeouts, so that a region that does not answer does not block the checks. */
const requestHandler = { connectionTimeout: 5_000, socketTimeout: 20_000 };

/**
 * An account, read with the AWS SDK. Each client is loaded with the first call of its service.
 *
 * @param access for tests. @default - credentials and endpoints that the AWS tools use
 */
export function awsAccount(access: Partial<Omit<ClientSettings, 'region'>> = {}): Account {
  const at = (region: string): ClientSettings => ({ maxAttempts: 3, requestHandler, ...access, region });
  return { ...accountLookups(at), ...resourceLookups(at), ...stackLookups(at) };
}
