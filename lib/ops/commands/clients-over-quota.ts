import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { RegisteredClient } from '../access/client-registry.ts';
import { effectivePlans, type GatewayAccess } from '../access/gateway-access.ts';
import { formatAmount } from './argument-parsers.ts';
import { requestsUsed } from './live-usage.ts';

/** A client that has already used more this month than a change allows. */
export interface ClientOverQuota {
  readonly clientId: string;
  readonly plan: string;
  readonly used: number;
  /** Requests per month after the change. */
  readonly allowed: number;
}

/** Registered clients whose monthly requests a change reduces below their usage of this month. */
export async function clientsOverQuota(
  gateway: GatewayAccess,
  before: RuntimePolicy,
  after: RuntimePolicy,
  now: number,
): Promise<readonly ClientOverQuota[]> {
  const clients = await gateway.clients.list();
  const found = await Promise.all(
    clients.map(async (client): Promise<ClientOverQuota[]> => {
      const formerly = allowance(gateway, before, client, now).requests ?? Number.POSITIVE_INFINITY;
      const { plan, requests } = allowance(gateway, after, client, now);
      if (requests === null || requests >= formerly) return [];
      const used = await requestsUsed(gateway, client, now);
      return used > requests ? [{ clientId: client.clientId, plan, used, allowed: requests }] : [];
    }),
  );
  return found.flat();
}

/** Plan and monthly requests of a registered client under a policy; null is unlimited. */
export function allowance(
  { catalogue }: GatewayAccess,
  policy: RuntimePolicy,
  client: Pick<RegisteredClient, 'clientId' | 'plan'>,
  now: number,
): { readonly plan: string; readonly requests: number | null; readonly bytes: number | null } {
  const plans = effectivePlans(catalogue, policy);
  const override = policy.clients[client.clientId];
  const holds = override?.expiresAt === undefined || Date.parse(override.expiresAt) > now;
  const asked = (holds ? override?.plan : undefined) ?? client.plan;
  const plan = plans.has(asked) ? asked : catalogue.defaultPlan;
  const granted = policy.grants
    .filter(({ clientId, until }) => clientId === client.clientId && Date.parse(until) > now)
    .reduce((sum, { requests }) => sum + requests, 0);
  const { requestsPerMonth = null, bytesPerMonth = null } = plans.get(plan) ?? {};
  return {
    plan,
    requests: requestsPerMonth === null ? null : requestsPerMonth + granted,
    bytes: bytesPerMonth,
  };
}

/** Empty when no client is over its quota. */
export function describeClientsOverQuota(over: readonly ClientOverQuota[]): string[] {
  return over.map(
    ({ clientId, plan, used, allowed }) =>
      `! ${clientId} (${plan}) has used ${formatAmount(used)} requests this month, more than the ${formatAmount(allowed)} allowed after the change.`,
  );
}
