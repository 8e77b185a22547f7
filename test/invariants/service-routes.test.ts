import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../lib/config/index.ts';
import { databaseTimeouts } from '../../services/platform/database/open-database.ts';
import { roleNames } from '../../services/runner/roles.ts';
import { testServices } from '../../services/testing/services.ts';
import { hasPostgres, postgresNote } from '../support/postgres.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly { name: string; in: string }[];
            readonly 'x-max-body-kib'?: number;
          }
        >
      >
    >
  >;
}

const service = testServices();
const catalogue = loadCatalogue();

/** Service, method and path that a route or a part of a composition calls. */
interface Call {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

function callsOfRoutes(): Call[] {
  return Object.entries(catalogue.routes).flatMap(([key, route]) => {
    const [method = '', path = ''] = key.split(' ');
    const targets = [route, ...('variants' in route ? (route.variants ?? []) : [])];
    return targets.flatMap((target) =>
      'service' in target && target.service !== undefined
        ? [{ service: target.service, method, path: target.rewrite ?? path }]
        : [],
    );
  });
}

/** Every object within a composition that names a service and a path. */
function callsWithin(value: unknown): Call[] {
  if (typeof value !== 'object' || value === null) return [];
  const { service: name, path, method = 'GET' } = value as Partial<Call>;
  const own = typeof name === 'string' && typeof path === 'string' ? [{ service: name, path, method }] : [];
  return [...own, ...Object.values(value).flatMap(callsWithin)];
}

/** Functions have no document, and services of other owners are not of this program. */
const isFunctionOrOwn = (name: string) => {
  const service = catalogue.services[name];
  return service?.kind === 'function' || (service?.kind === 'fargate' && service.image !== undefined);
};

/** The role of the shop's program that a service runs; the program of an external service has its name. */
const roleOf = (name: string) => {
  const service = catalogue.services[name];
  return service?.kind === 'fargate' ? service.role : name;
};

const calls = [...callsOfRoutes(), ...callsWithin(catalogue.compositions)].filter(
  ({ service: name }) => !isFunctionOrOwn(name),
);

/** A path without its query and without the names of its parameters. */
const shapeOf = (path: string) => path.replace(/\?.*$/, '').replaceAll(/\{[^}]+\}/g, '{}');

describe.runIf(hasPostgres)(`the OpenAPI documents of the services${postgresNote}`, () => {
  const documentOf = async (role: (typeof roleNames)[number]) =>
    (await (await service(role).get('/openapi.json')).json()) as Document;

  test('have every operation that the catalogue calls', async () => {
    const known = new Set<string>();
    for (const role of roleNames) {
      const { openapi, paths } = await documentOf(role);
      expect(openapi).toBe('3.1.0');
      for (const [path, methods] of Object.entries(paths)) {
        for (const method of Object.keys(methods)) known.add(`${role} ${method} ${shapeOf(path)}`);
      }
    }
    expect(calls.length).toBeGreaterThan(30);
    for (const { service: name, method, path } of calls) {
      expect(known).toContain(`${roleOf(name)} ${method.toLowerCase()} ${shapeOf(path)}`);
    }
  });

  test('accept bodies of the size in the catalogue', async () => {
    let compared = 0;
    for (const [key, route] of Object.entries(catalogue.routes)) {
      const [method = '', path = ''] = key.split(' ');
      const role = roleNames.find((name) => name === roleOf(route.service ?? ''));
      if (role === undefined) continue;
      const { paths } = await documentOf(role);
      const shape = shapeOf(route.rewrite ?? path);
      const [, item] = Object.entries(paths).find(([known]) => shapeOf(known) === shape) ?? [];
      const longest = item?.[method.toLowerCase()]?.['x-max-body-kib'];
      if (longest === undefined) continue;
      expect([key, longest]).toEqual([key, route.maxBodyKiB]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(5);
  });

  test('describe parameters and bodies by the schemas that validate them', async () => {
    const { paths } = await documentOf('product');
    expect(paths['/api/products']?.['get']?.parameters?.map(({ name }) => name)).toEqual([
      'limit',
      'cursor',
      'q',
      'category',
    ]);
    expect(paths['/api/products/{id}']?.['get']?.parameters).toMatchObject([{ name: 'id', in: 'path' }]);
    expect(paths['/api/admin/products/{id}']?.['put']).toMatchObject({
      requestBody: {
        content: {
          'application/json': {
            schema: {
              required: ['brand', 'name', 'category', 'description', 'price'],
              properties: { price: { properties: { amount: { type: 'integer', minimum: 0 } } } },
              additionalProperties: false,
            },
          },
        },
      },
    });
  });
});

test('time out a statement before any route or service stops waiting for it', () => {
  const { connectionMs, statementMs, answerMs } = databaseTimeouts;
  expect(statementMs).toBeLessThan(answerMs);
  const withDatabase = Object.entries(catalogue.services).filter(
    ([, entry]) => entry.kind === 'fargate' && entry.database,
  );
  const waits = withDatabase.flatMap(([name, entry]) => [
    ...(entry.kind === 'fargate' ? [entry.callTimeoutSeconds] : []),
    ...Object.values(catalogue.routes)
      .filter((route) => route.service === name)
      .map((route) => route.timeoutSeconds),
  ]);
  expect(connectionMs + answerMs).toBeLessThan(Math.min(...waits) * 1_000);
});
