import { catalogue } from '../../lib/config/catalogue/catalogue.ts';
import type { CatalogueInput, EnvironmentInput } from '../../lib/config/index.ts';

type Services = CatalogueInput['services'];
type Routes = CatalogueInput['routes'];

/** One of ten services has existing addresses. The others are Fargate services. */
function serviceOf(index: number): Services[string] {
  const description = `The service number ${index}.`;
  if (index % 10 === 9) return { kind: 'ip', description, port: 9_000 };
  return { kind: 'fargate', role: 'product', description };
}

/** A tenth of the routes is anonymous, and a quarter of those is cached. */
function routeOf(index: number, services: number): [key: string, route: Routes[string]] {
  const service = nameOf(index % services);
  const path = `/api/${service}/resource-${Math.floor(index / services)}`;
  if (index % 40 === 0) {
    const cache = { seconds: 60 };
    return [`GET ${path}/{id}`, { service, access: 'anonymous', limit: 'anonymous', cache, head: false }];
  }
  if (index % 10 === 0)
    return [`GET ${path}`, { service, access: 'anonymous', limit: 'anonymous', head: false }];
  return [
    `${index % 3 === 0 ? 'POST' : 'GET'} ${path}/{id}`,
    { service, access: `${service}:read`, limit: 'user', head: false },
  ];
}

function nameOf(index: number): string {
  return `service-${index}`;
}

/** The limits that the routes name. */
const used: readonly string[] = ['anonymous', 'user'];

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A catalogue with the given numbers of services and routes, and the limits and plans of the shop. */
export function manyServices(services: number, routes: number): CatalogueInput {
  return {
    services: Object.fromEntries(numbers(services).map((index) => [nameOf(index), serviceOf(index)])),
    limits: Object.fromEntries(Object.entries(catalogue.limits).filter(([name]) => used.includes(name))),
    plans: catalogue.plans,
    defaultPlan: catalogue.defaultPlan,
    routes: Object.fromEntries(numbers(routes).map((index) => routeOf(index, services))),
    partnerRoutes: { 'GET /partner/items': { service: nameOf(0), path: '/api/items' } },
    healthPath: catalogue.healthPath,
  };
}

/** An environment for such a catalogue, with addresses of servers and raised quotas. */
export function environmentFor(environment: EnvironmentInput, services: number): EnvironmentInput {
  const withAddresses = numbers(services).filter((index) => serviceOf(index).kind === 'ip');
  return {
    ...environment,
    services: { ...environment.services, tasksByService: {} },
    addresses: Object.fromEntries(
      withAddresses.map((index) => [nameOf(index), [{ address: `10.200.0.${index + 1}` }]]),
    ),
    quotas: { rulesPerLoadBalancer: 200 },
  };
}
