import type { Stack } from 'aws-cdk-lib';
import { type IssuerPolicy, tokenIssuersEnv } from '../../../runtime/contracts/gateway-contract.ts';

/** Environment variable with the token issuers that this app deploys; their URLs are known only at deployment. */
export function tokenIssuersEnvironment(
  stack: Stack,
  issuers: readonly IssuerPolicy[],
): Record<string, string> {
  return issuers.length === 0 ? {} : { [tokenIssuersEnv]: stack.toJsonString(issuers) };
}
