import { describeError, type Log } from '../shared/log.ts';
import type { DecisionContext } from './contract.ts';
import { decide } from './decide.ts';
import { conclude } from './decision.ts';
import type { Ports } from './ports.ts';
import type { PreparedPolicy } from './prepared-policy.ts';
import { readRequest } from './request.ts';

export interface AuthorizerDependencies {
  readonly policy: PreparedPolicy;
  readonly ports: Ports;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** The simple response of an HTTP API's authorizer. The load balancer enforces the decision, hence always `true`. */
export interface AuthorizerAnswer {
  readonly isAuthorized: true;
  readonly context: DecisionContext;
}

/** The function's handler: an event in, a complete decision out. What goes wrong inside is `unavailable`, and logged. */
export function createAuthorizer({ policy, ports, now, log }: AuthorizerDependencies) {
  return async (event: unknown): Promise<AuthorizerAnswer> => {
    let context: DecisionContext;
    try {
      context = await decide(readRequest(event), policy, ports, now());
    } catch (error) {
      log.error('The decision failed.', { error: describeError(error) });
      context = conclude('unavailable', 'internal-error', { policyVersion: policy.version });
    }
    return { isAuthorized: true, context };
  };
}
