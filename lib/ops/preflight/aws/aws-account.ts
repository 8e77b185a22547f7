import type { Account } from '../account.ts';
import { accountLookups } from './account-lookups.ts';
import type { ClientSettings } from './lookup.ts';
import { resourceLookups } from './resource-lookups.ts';
import { stackLookups } from './stack-lookups.ts';

/** Nobody waits for a region that does not answer. */
const requestHandler = { connectionTimeout: 5_000, socketTimeout: 20_000 };

/**
 * An account by the AWS SDK; each client is loaded with the first question to its service.
 *
 * @param access for tests. Left out, the SDK finds credentials and endpoints as all of AWS's tools do.
 */
export function awsAccount(access: Partial<Omit<ClientSettings, 'region'>> = {}): Account {
  const at = (region: string): ClientSettings => ({ maxAttempts: 3, requestHandler, ...access, region });
  return { ...accountLookups(at), ...resourceLookups(at), ...stackLookups(at) };
}
