import type { AddressRange, RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { RegisteredClient } from '../access/client-registry.ts';
import { effectivePlans, type GatewayAccess } from '../access/gateway-access.ts';
import { formatAmount, formatBytes } from './argument-parsers.ts';
import { allowance } from './clients-over-quota.ts';

/** Who loses what when a policy replaces another one: one sentence each, empty when no caller is refused more. */
export async function policyLosses(
  gateway: GatewayAccess,
  before: RuntimePolicy,
  after: RuntimePolicy,
  now: number,
): Promise<readonly string[]> {
  const clients = await gateway.clients.list();
  return [
    ...(before.maintenance === null && after.maintenance !== null
      ? ['Everything but health answers 503: maintenance starts.']
      : []),
    ...routeLosses(before, after),
    ...clientLosses(before, after, now),
    ...clients.flatMap((client) => allowanceLosses(gateway, { client, before, after, now })),
    ...planLosses(gateway, before, after),
    ...grantLosses(clients, { before, after, now }),
    ...addressLosses({ before, after, now }),
    ...before.shadow
      .filter((limit) => !after.shadow.includes(limit))
      .map((limit) => `The limit ${limit} refuses calls again.`),
  ];
}

function routeLosses(before: RuntimePolicy, after: RuntimePolicy): string[] {
  return Object.entries(after.routes)
    .filter(([key, { enabled }]) => !enabled && before.routes[key]?.enabled !== false)
    .map(([key]) => `${key} answers 503: the route is switched off.`);
}

function clientLosses(before: RuntimePolicy, after: RuntimePolicy, now: number): string[] {
  return Object.keys({ ...before.clients, ...after.clients }).flatMap((id) => {
    const [was, is] = [overrideOf(before, id, now), overrideOf(after, id, now)];
    const isSuspended = is?.suspended === true && was?.suspended !== true;
    return isSuspended ? [`${id} is suspended: all its calls are refused.`] : [];
  });
}

function overrideOf({ clients }: RuntimePolicy, id: string, now: number) {
  const override = clients[id];
  return override?.expiresAt === undefined || Date.parse(override.expiresAt) > now ? override : undefined;
}

type Rated = { readonly rate?: RuntimePolicy['plans'][string]['rate'] } | undefined;

/** Without a rate, no rate limits the calls. */
function rateOf(rated: Rated): number {
  const { rate } = rated ?? {};
  return rate === undefined ? Number.POSITIVE_INFINITY : rate.requests / rate.periodSeconds;
}

function burstOf(rated: Rated): number {
  return rated?.rate?.burst ?? Number.POSITIVE_INFINITY;
}

interface Comparison {
  readonly before: RuntimePolicy;
  readonly after: RuntimePolicy;
  readonly now: number;
}

function allowanceLosses(
  gateway: GatewayAccess,
  { client, before, after, now }: Comparison & { readonly client: RegisteredClient },
): string[] {
  const [was, is] = [allowance(gateway, before, client, now), allowance(gateway, after, client, now)];
  return [
    ...(isLess(is.requests, was.requests)
      ? [
          `${client.clientId} may make ${formatAmount(is.requests)} requests a month instead of ${formatAmount(was.requests)}.`,
        ]
      : []),
    ...(isLess(is.bytes, was.bytes)
      ? [
          `${client.clientId} may transfer ${formatBytes(is.bytes)} a month instead of ${formatBytes(was.bytes)}.`,
        ]
      : []),
    ...(isSlower(ratedAs(gateway, after, client, now), ratedAs(gateway, before, client, now))
      ? [`${client.clientId} gets a lower rate.`]
      : []),
  ];
}

/** The override of a client, or its plan, whichever has its rate. */
function ratedAs(
  gateway: GatewayAccess,
  policy: RuntimePolicy,
  client: RegisteredClient,
  now: number,
): Rated {
  const override = overrideOf(policy, client.clientId, now);
  if (override?.rate !== undefined) return override;
  return effectivePlans(gateway.catalogue, policy).get(allowance(gateway, policy, client, now).plan);
}

function isSlower(is: Rated, was: Rated): boolean {
  return rateOf(is) < rateOf(was) || burstOf(is) < burstOf(was);
}

/** Plans also apply to users whose tokens name them, who are not registered. */
function planLosses({ catalogue }: GatewayAccess, before: RuntimePolicy, after: RuntimePolicy): string[] {
  const plans = effectivePlans(catalogue, after);
  return [...effectivePlans(catalogue, before)].flatMap(([name, was]) => {
    const is = plans.get(name);
    if (is === undefined)
      return [`The plan ${name} ends: its callers get the plan ${catalogue.defaultPlan}.`];
    const isLower =
      isLess(is.requestsPerMonth ?? null, was.requestsPerMonth ?? null) ||
      isLess(is.bytesPerMonth ?? null, was.bytesPerMonth ?? null) ||
      isSlower(is, was);
    return isLower ? [`Callers of the plan ${name} get lower limits.`] : [];
  });
}

/** Of applications that are not registered; the others are in their allowance. */
function grantLosses(clients: readonly RegisteredClient[], { before, after, now }: Comparison): string[] {
  const granted = ({ grants }: RuntimePolicy, id: string) =>
    grants
      .filter(({ clientId, until }) => clientId === id && Date.parse(until) > now)
      .reduce((sum, { requests }) => sum + requests, 0);
  const ids = new Set(before.grants.map(({ clientId }) => clientId));
  for (const { clientId } of clients) ids.delete(clientId);
  return [...ids]
    .filter((id) => granted(after, id) < granted(before, id))
    .map(
      (id) =>
        `${id} loses ${formatAmount(granted(before, id) - granted(after, id))} granted requests a month.`,
    );
}

function addressLosses({ before, after, now }: Comparison): string[] {
  const rangesOf = (ranges: readonly AddressRange[]) =>
    ranges.filter(({ until }) => until === undefined || now < Date.parse(until)).map(({ range }) => range);
  const was = rangesOf(before.addresses.block);
  const is = rangesOf(after.addresses.allow);
  return [
    ...rangesOf(after.addresses.block)
      .filter((range) => !was.includes(range))
      .map((range) => `Callers in ${range} are blocked.`),
    ...rangesOf(before.addresses.allow)
      .filter((range) => !is.includes(range))
      .map((range) => `${range} is not an exception from blocked ranges any more.`),
  ];
}

/** Null is unlimited. */
function isLess(is: number | null, was: number | null): boolean {
  return is !== null && (was === null || is < was);
}
