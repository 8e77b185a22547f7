import type { RegisteredClient } from '../access/client-registry.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';

export interface LiveUsage {
  readonly requests: number;
}

/** Requests of a client this month: the metered or the counted number, whichever is higher. */
export async function requestsUsed(
  gateway: GatewayAccess,
  client: Pick<RegisteredClient, 'clientId' | 'plan' | 'monthStartDay'>,
  now: number,
): Promise<number> {
  const [metered, live] = await Promise.all([gateway.usage.current(client, now), liveUsage(gateway, client)]);
  return Math.max(metered.requests, live?.requests ?? 0);
}

/**
 * Usage of a client this month as counted in the limit store, from an explanation of a hypothetical request. Null for
 * an unlimited plan, which is not counted.
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
