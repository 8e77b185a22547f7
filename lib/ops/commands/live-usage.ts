import type { RegisteredClient } from '../access/client-registry.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';

export interface LiveUsage {
  readonly requests: number;
}

/** What a client has used of this month: what was metered, or what the store counts, whichever is more. */
export async function requestsUsed(
  gateway: GatewayAccess,
  client: Pick<RegisteredClient, 'clientId' | 'plan' | 'monthStartDay'>,
  now: number,
): Promise<number> {
  const [metered, live] = await Promise.all([gateway.usage.current(client, now), liveUsage(gateway, client)]);
  return Math.max(metered.requests, live?.requests ?? 0);
}

/**
 * What a client has used of this month, as the store counts it: asked of the authorizer by a call that is not made.
 * Null where nothing is counted, since the plan has no end.
 */
export async function liveUsage(
  gateway: GatewayAccess,
  { clientId, plan, monthStartDay }: Pick<RegisteredClient, 'clientId' | 'plan' | 'monthStartDay'>,
): Promise<LiveUsage | null> {
  const [routeKey] =
    Object.entries(gateway.catalogue.routes).find(
      ([, { access, addresses, signature }]) =>
        access.kind !== 'anonymous' && addresses === null && !signature,
    ) ?? [];
  if (routeKey === undefined) return null;
  const { limits } = await gateway.explain({
    routeKey,
    address: '192.0.2.1',
    as: { clientId, plan, monthStartDay, permissions: ['**'] },
  });
  const month = limits.find(({ kind, name }) => kind === 'quota' && name === 'requests');
  if (month === undefined || month.size === null) return null;
  return { requests: month.size - month.remaining };
}
