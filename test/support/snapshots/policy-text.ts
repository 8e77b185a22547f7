import { isDeepStrictEqual } from 'node:util';
import { type Configuration, limitNames, listenerPriority, routeTarget } from '../../../lib/config/index.ts';
import { catalogueSchema } from '../../../lib/config/schemas/catalogue.ts';
import { partnerRoute } from '../../../lib/config/schemas/partner-api.ts';
import { grantsPermission } from '../../../runtime/contracts/permissions.ts';
import { yamlFlow } from './yaml-text.ts';

type Catalogue = Configuration['catalogue'];
type Entry = { readonly [key: string]: unknown };

/**
 * The policy of an environment for reviewers: who may call what, and how much. One row per route, limit, plan, issuer,
 * key, address list and webhook, so that a change of one figure is a change of one line. Settings of a row that have no
 * column and are not the default follow at its end.
 */
export function policyText(configuration: Configuration): string {
  const { catalogue, environment } = configuration;
  const issuers = issuersOf(environment);
  return [
    '# Policy of the gateway: routes in the order of the catalogue, then what their rows name.',
    '# ISSUERS: those whose tokens may have the access. PLAN: whose rate and quota apply. PRIORITY: the listener rule.',
    '',
    routeRow('ROUTE', 'TARGET ACCESS ISSUERS LIMITS COST PLAN CACHE TIMEOUT PRIORITY OTHERS'.split(' ')),
    ...Object.entries(catalogue.routes).flatMap(([key, route]) => [
      publicRoute(configuration, issuers, [key, route]),
      ...route.variants.map((variant) => `  variant ${rest(variant, {})}`),
    ]),
    ...Object.entries(catalogue.partnerRoutes).map(([key, route]) => routeOfPartners(catalogue, key, route)),
    ...Object.entries(catalogue.webhooks).map(([name, { path, ...webhook }]) =>
      routeRow(`POST ${path}`, [name, 'signature', '-', '-', '-', '-', '-', '-', '-', rest(webhook, {})]),
    ),
    '',
    ...rowsOf('limit', catalogue.limits),
    ...rowsOf('plan', catalogue.plans),
    `default plan ${catalogue.defaultPlan}`,
    ...issuers.map(({ name, settings }) => `issuer ${name.padEnd(12)} ${rest(settings, {})}`),
    ...rowsOf('partner key', environment.partner.keys),
    ...rowsOf('addresses', environment.addressLists),
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

interface Issuer {
  readonly name: string;
  /** Permissions that its tokens may carry. */
  readonly permissions: readonly string[];
  readonly settings: Entry;
}

function issuersOf({ identity, otherIssuers }: Configuration['environment']): Issuer[] {
  return [
    { name: 'shop', permissions: ['**'], settings: identity },
    ...otherIssuers.map((issuer) => ({
      name: issuer.kind === 'oidc' ? issuer.name : issuer.clientId,
      permissions: issuer.permissions,
      settings: issuer,
    })),
  ];
}

const columns = ['service', 'composition', 'access', 'limit', 'cost', 'cache', 'timeoutSeconds', 'head'];

/** A route whose settings are the defaults. */
const defaultRoute: Entry = catalogueSchema.shape.routes.valueType.parse({
  service: '-',
  access: 'anonymous',
  limit: '-',
});

function publicRoute(
  { catalogue }: Configuration,
  issuers: readonly Issuer[],
  [key, route]: readonly [string, Catalogue['routes'][string]],
): string {
  const target = routeTarget(catalogue, route);
  const { access, cache } = route;
  const others = Object.entries(route).filter(([name]) => !columns.includes(name) && name !== 'variants');
  return routeRow(route.head ? key.replace(/^GET /, 'GET,HEAD ') : key, [
    `${target.kind === 'composition' ? 'composition ' : ''}${target.name}`,
    access,
    issuersThatMay(route, issuers),
    limitNames(route).join(','),
    String(route.cost),
    access === 'anonymous' ? '-' : 'caller',
    cache === undefined
      ? '-'
      : `${cache.seconds}+${cache.staleWhileRevalidateSeconds}+${cache.staleIfErrorSeconds}s`,
    `${route.timeoutSeconds}s`,
    priorityOf(catalogue, target.name),
    rest(Object.fromEntries(others), defaultRoute),
  ]);
}

function issuersThatMay(
  { access, signature }: Catalogue['routes'][string],
  issuers: readonly Issuer[],
): string {
  if (access === 'anonymous') return '-';
  if (signature === 'required') return 'signature';
  const may = issuers.filter(
    ({ permissions }) =>
      access === 'optional' || access === 'authenticated' || grantsPermission(permissions, access),
  );
  return may.map(({ name }) => name).join(',') || 'none';
}

const defaultPartnerRoute: Entry = partnerRoute.parse({ service: '-', path: '/-' });

function routeOfPartners(
  catalogue: Catalogue,
  key: string,
  { service, timeoutSeconds, ...others }: Catalogue['partnerRoutes'][string],
): string {
  const timeout = `${timeoutSeconds}s`;
  const cells = [service, 'API key', '-', '-', '1', 'key', '-', timeout, priorityOf(catalogue, service)];
  return routeRow(key, [...cells, rest(others, defaultPartnerRoute)]);
}

function priorityOf({ services }: Catalogue, name: string): string {
  const service = services[name];
  return service?.kind === 'fargate' || service?.kind === 'ip'
    ? String(listenerPriority(name, service))
    : '-';
}

// Fixed widths: with the width of the longest cell, one new cell would change every line.
const widths = [26, 18, 10, 12, 4, 6, 13, 7, 8];

function routeRow(key: string, cells: readonly string[]): string {
  return [key.padEnd(64), ...cells.map((cell, index) => cell.padEnd(widths[index] ?? 0))].join(' ');
}

function rowsOf(kind: string, entries: Entry): string[] {
  return Object.entries(entries).map(
    ([name, entry]) =>
      `${kind} ${name.padEnd(12)} ${Array.isArray(entry) ? entry.join(' ') : rest(entry, {})}`,
  );
}

/** Settings as text, without those that are the default. */
function rest(entry: unknown, defaults: Entry): string {
  return Object.entries(entry as Entry)
    .filter(([key, value]) => !(key in defaults) || !isDeepStrictEqual(value, defaults[key]))
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${yamlFlow(value)}`)
    .join('  ');
}
