import type { PlanPolicy, Policy } from '../../../lambda/auth/contract.ts';
import type { RevocationRequest } from '../../../lambda/revocation/contract.ts';
import type { AssumedCaller, Explanation } from '../../../runtime/contracts/explanation.ts';
import type { PolicyFault, RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { AlarmReader } from './alarm-reader.ts';
import type { AuditLog } from './audit-log.ts';
import type { ClientRegister } from './client-register.ts';
import type { DeadWebhooks } from './dead-webhooks.ts';
import type { EdgeAccess } from './edge-access.ts';
import type { KeyRegister } from './key-register.ts';
import type { LogReader } from './log-reader.ts';
import type { PolicyStore } from './policy-store.ts';
import type { UsageReader } from './usage-reader.ts';

/** One running gateway, as the commands see it: here or in AWS. */
export interface GatewayAccess {
  /** Name of the environment. */
  readonly environment: string;
  /** Where the commands ask before they change anything. */
  readonly isProduction: boolean;
  /** What the catalogue of this checkout compiles to; the runtime policy lies over it. */
  readonly catalogue: Policy;
  /** Who gives the commands: for the audit. */
  readonly who: string;
  readonly policies: PolicyStore;
  readonly audit: AuditLog;
  readonly clients: ClientRegister;
  readonly keys: KeyRegister;
  readonly usage: UsageReader;
  readonly deadWebhooks: DeadWebhooks;
  /** The distribution and its switches; refused where the edge is not deployed. */
  edge(): Promise<EdgeAccess>;
  /** Logs of functions and services; refused for the local run. */
  logs(): Promise<LogReader>;
  /** CloudWatch alarms; refused for the local run. */
  alarms(): Promise<AlarmReader>;
  /** What the hashes of API keys are made with. */
  keyPepper(): Promise<string>;
  /** The key of the route that the API would take for a call. */
  matchRoute(method: string, path: string): string | undefined;
  /** Asks the authorizer what it would decide, and takes nothing. */
  explain(call: ExplainedCall): Promise<Explanation>;
  /** Has the store refuse what one holds; throws an OpsFault when it cannot. */
  revoke(order: RevocationRequest): Promise<void>;
  /** By the authorizer's own schema, and by the names that the catalogue gives. */
  faultsOf(policy: RuntimePolicy): readonly PolicyFault[];
}

/** A call that is not made. Without a credential and an assumed caller it is anonymous. */
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

/** Plans as the authorizer has them: those of the runtime policy in the place of the catalogue's. */
export function effectivePlans(catalogue: Policy, policy: RuntimePolicy): Map<string, EffectivePlan> {
  const from = (plans: Readonly<Record<string, PlanPolicy>>, source: EffectivePlan['source']) =>
    Object.entries(plans).map(([name, plan]): [string, EffectivePlan] => [name, { ...plan, source }]);
  return new Map([...from(catalogue.plans, 'catalogue'), ...from(policy.plans, 'runtime')]);
}
