import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { ClientOverride, RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { RatePolicy } from '../contract.ts';

/** The operators' current settings for one client, in addition to its plan. */
export interface ClientOverrides {
  readonly isSuspended: boolean;
  /** The plan's name, in place of the one that its credential names. */
  readonly plan?: string | undefined;
  /** Its own rate, in place of its plan's. */
  readonly rate?: RatePolicy | undefined;
  /** Requests in addition to the plan's month. */
  readonly grantedRequests: number;
}

/** @param now Milliseconds since the epoch. */
export type FindOverrides = (clientId: string, now: number) => ClientOverrides;

/** Of a client without any settings. */
export const defaultOverrides: ClientOverrides = { isSuspended: false, grantedRequests: 0 };

interface Settled {
  readonly override: ClientOverride | undefined;
  /** Milliseconds since the epoch. */
  readonly overrideEnds: number;
  readonly grants: readonly { readonly requests: number; readonly ends: number }[];
}

/** Prepares a document's overrides and grants for many calls. Each applies until its instant, exclusive. */
export function resolveOverrides({
  clients,
  grants,
}: Pick<RuntimePolicy, 'clients' | 'grants'>): FindOverrides {
  const settled = new Map<string, Settled>();
  for (const clientId of new Set([...Object.keys(clients), ...grants.map((grant) => grant.clientId)])) {
    const override = Object.hasOwn(clients, clientId) ? clients[clientId] : undefined;
    settled.set(clientId, {
      override,
      overrideEnds:
        override?.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(override.expiresAt),
      grants: grants
        .filter((grant) => grant.clientId === clientId)
        .map(({ requests, until }) => ({ requests, ends: Date.parse(until) })),
    });
  }
  return (clientId, now) => {
    const found = settled.get(clientId);
    if (found === undefined || clientId === NO_VALUE) return defaultOverrides;
    const override = now < found.overrideEnds ? found.override : undefined;
    return {
      isSuspended: override?.suspended ?? false,
      plan: override?.plan,
      rate: override?.rate,
      grantedRequests: found.grants.reduce(
        (sum, { requests, ends }) => (now < ends ? sum + requests : sum),
        0,
      ),
    };
  };
}
