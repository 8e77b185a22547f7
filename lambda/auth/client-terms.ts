import { absent } from '../shared/contract.ts';
import type { ClientOverride, RuntimePolicy } from '../shared/runtime-policy.ts';
import type { RatePolicy } from './contract.ts';

/** What operators have settled for one client at this moment, on top of its plan. */
export interface ClientTerms {
  readonly isSuspended: boolean;
  /** The plan's name, in place of the one that its credential names. */
  readonly plan?: string | undefined;
  /** Its own rate, in place of its plan's. */
  readonly rate?: RatePolicy | undefined;
  /** Requests on top of the plan's month. */
  readonly grantedRequests: number;
}

/** @param now Milliseconds since the epoch. */
export type FindTerms = (clientId: string, now: number) => ClientTerms;

/** Of a client that nobody has settled anything for. */
export const ordinaryTerms: ClientTerms = { isSuspended: false, grantedRequests: 0 };

interface Settled {
  readonly override: ClientOverride | undefined;
  /** Milliseconds since the epoch. */
  readonly overrideEnds: number;
  readonly grants: readonly { readonly requests: number; readonly ends: number }[];
}

/** Reads the overrides and grants of a document once for many calls. Each counts until its instant, and not at it. */
export function settleTerms({ clients, grants }: Pick<RuntimePolicy, 'clients' | 'grants'>): FindTerms {
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
    if (found === undefined || clientId === absent) return ordinaryTerms;
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
