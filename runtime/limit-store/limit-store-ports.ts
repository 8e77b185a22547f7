import type { AwsCredentials } from '../aws/aws-credentials.ts';
import { limitStoreEnv } from '../contracts/gateway-contract.ts';
import {
  type Environment,
  optionalEnv,
  requireEnv,
  requireOneOf,
} from '../environment/environment-variables.ts';
import type { Log } from '../logging/log.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { cacheKinds, createIamToken } from './iam-token.ts';
import type { ScriptRunnerPorts } from './script-runner.ts';
import { type LimitStoreAddress, openConnection } from './valkey-connection.ts';

/**
 * The shared limit store that a function's environment names.
 *
 * @param budgetMilliseconds Longest time that a limit-store call may take.
 * @throws Error that names the missing variable.
 */
export function readLimitStorePorts(
  environment: Environment,
  credentials: AwsCredentials,
  budgetMilliseconds: number,
  log: Log,
): ScriptRunnerPorts {
  const address = storeAddress(environment, credentials);
  return {
    open: (onEnd) => openConnection(address, onEnd),
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
    budgetMilliseconds,
    onFailure: (reason) => log.warn('The limit store did not answer.', { reason }),
  };
}

function storeAddress(environment: Environment, credentials: AwsCredentials): LimitStoreAddress {
  const address = {
    url: requireEnv(environment, limitStoreEnv.url),
    topology: requireOneOf(environment, limitStoreEnv.topology, ['single', 'cluster']),
  };
  const username = optionalEnv(environment, limitStoreEnv.user);
  const cacheName = optionalEnv(environment, limitStoreEnv.cacheName);
  if (username === undefined || cacheName === undefined) return address;
  const cache = { name: cacheName, kind: requireOneOf(environment, limitStoreEnv.cacheKind, cacheKinds) };
  return {
    ...address,
    credentials: () => ({
      username,
      password: createIamToken(username, cache, credentials, new Date()),
    }),
  };
}
