import { type IssuerPolicy, type TokenPolicy, tokenIssuersEnv } from '../contracts/gateway-contract.ts';
import { type Environment, optionalEnv } from '../environment/environment-variables.ts';

/**
 * The policy with the issuers that are known only after deployment, such as a user pool of the deployment.
 */
export function withEnvironmentIssuers<P extends TokenPolicy>(policy: P, environment: Environment): P {
  const issuers = optionalEnv(environment, tokenIssuersEnv);
  if (issuers === undefined) return policy;
  return { ...policy, issuers: [...(JSON.parse(issuers) as IssuerPolicy[]), ...policy.issuers] };
}
