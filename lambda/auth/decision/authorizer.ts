import { describeError, type Log } from '../../../runtime/logging/log.ts';
import type { DecisionContext } from '../contract.ts';
import type { PolicyUpdates } from '../policy/policy-source.ts';
import { decide } from './decide.ts';
import { buildDecision, type Decision } from './decision.ts';
import { decisionMetrics } from './decision-metrics.ts';
import { readRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';

export interface AuthorizerDependencies {
  readonly policies: PolicyUpdates;
  readonly ports: Ports;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Receives one line of metrics without its end. */
  readonly writeMetrics: (line: string) => void;
}

/**
 * The simple response of an HTTP API's authorizer. Always `true`, because the load balancer enforces the
 * decision.
 */
export interface AuthorizerResponse {
  readonly isAuthorized: true;
  readonly context: DecisionContext;
}

/**
 * The function's handler: returns a complete decision for an event. An internal error becomes `unavailable`,
 * and is logged.
 */
export function createAuthorizer({ policies, ports, now, log, writeMetrics }: AuthorizerDependencies) {
  return async (event: unknown): Promise<AuthorizerResponse> => {
    const policy = policies.current();
    let decision: Decision;
    try {
      decision = await decide(readRequest(event), policy, ports, now());
    } catch (error) {
      log.error('The decision failed.', { error: describeError(error) });
      decision = buildDecision('unavailable', 'internal-error', { policyVersion: policy.version });
    }
    writeMetrics(decisionMetrics(decision, policy.environment, policies.takeHealth(), now()));
    return { isAuthorized: true, context: decision.context };
  };
}
