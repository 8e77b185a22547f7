import type { PlanPolicy, Policy } from '../../../lambda/auth/contract.ts';
import type { RevocationRequest } from '../../../lambda/revocation/contract.ts';
import type { AssumedCaller, Explanation } from '../../../runtime/contracts/explanation.ts';
import type { PolicyFault, RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { ResourceNames } from '../../compile/resource-names.ts';
import type { AlarmReader } from './alarm-reader.ts';
import type { AuditLog } from './audit-log.ts';
import type { AwsClients } from './aws-clients.ts';
import type { ClientRegistry } from './client-registry.ts';
import type { DeadLetterQueues } from './dead-letter-queues.ts';
import type { EdgeAccess } from './edge-access.ts';
import type { KeyRegistry } from './key-registry.ts';
import type { LogReader } from './log-reader.ts';
import type { PolicyStore } from './policy-store.ts';
import type { UsageReader } from './usage-reader.ts';

/** A gateway that has been found: its resources, the clients to reach them, and the operator's identity. */
export interface OpenedGateway {
  readonly resources: ResourceNames;
  readonly clients: AwsClients;
  /** ARN of the operator's AWS identity, or the login name on this machine. */
  readonly who: string;
  readonly policies: PolicyStore;
  readonly edge: () => Promise<EdgeAccess>;
  /** Undefined for a local run, which has neither log groups nor alarms. */
  readonly logs?: LogReader;
  readonly alarms?: AlarmReader;
  /** Issuer of the shop's tokens. @default - that of the configuration */
  readonly issuer?: string;
}

/** One running gateway, local or in AWS, as the commands use it. */
export interface GatewayAccess {
  /** Name of the environment. */
  readonly environment: string;
  /** True where commands ask for confirmation before a change. */
  readonly isProduction: boolean;
  /** The compiled catalogue of this checkout, without the runtime policy. */
  readonly catalogue: Policy;
  /** Services with a canary, which alone can have a cohort. */
  readonly canaryServices: readonly string[];
  /** The operator, for the audit log. */
  readonly who: string;
  readonly policies: PolicyStore;
  readonly audit: AuditLog;
  readonly clients: ClientRegistry;
  readonly keys: KeyRegistry;
  readonly usage: UsageReader;
  readonly deadLetters: DeadLetterQueues;
  /** The distribution and its switches; fails where the edge is not deployed. */
  edge(): Promise<EdgeAccess>;
  /** Logs of functions, services and APIs. Undefined for a local run, which has no log groups. */
  readonly logs: LogReader | undefined;
  /** CloudWatch alarms. Undefined for a local run. */
  readonly alarms: AlarmReader | undefined;
  /** The pepper with which API keys are hashed. */
  keyPepper(): Promise<string>;
  /** Key of the route that the API matches for a request. */
  matchRoute(method: string, path: string): string | undefined;
  /** Asks the authorizer for its decision on a request, without counting it. */
  explain(call: ExplainedCall): Promise<Explanation>;
  /** Revokes tokens in the limit store; throws an OpsError when it cannot. */
  revoke(order: RevocationRequest): Promise<void>;
  /** Faults by the authorizer's schema, and names that the catalogue does not have. */
  faultsOf(policy: RuntimePolicy): readonly PolicyFault[];
}

/** A hypothetical request. Without a credential and an assumed caller it is anonymous. */
export interface ExplainedCall {
  readonly routeKey: string;
  readonly address: string;
  readonly token?: string;
  readonly key?: string;
  readonly as?: AssumedCaller;
}

export interface EffectivePlan extends PlanPolicy {
  readonly source: 'catalogue' | 'runtime';
}

/** Plans as the authorizer applies them: those of the runtime policy replace those of the catalogue. */
export function effectivePlans(catalogue: Policy, policy: RuntimePolicy): Map<string, EffectivePlan> {
  const from = (plans: Readonly<Record<string, PlanPolicy>>, source: EffectivePlan['source']) =>
    Object.entries(plans).map(([name, plan]): [string, EffectivePlan] => [name, { ...plan, source }]);
  return new Map([...from(catalogue.plans, 'catalogue'), ...from(policy.plans, 'runtime')]);
}
