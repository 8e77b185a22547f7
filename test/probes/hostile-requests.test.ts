import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../lib/config/index.ts';
import type { ServiceApp } from '../../services/platform/http/service-app.ts';
import { type RoleName, roleNames } from '../../services/runner/roles.ts';
import { admin, alice, bob, machine, testServices } from '../../services/testing/services.ts';
import { testShop } from '../../services/testing/shop.ts';
import {
  type HostileRequest,
  hostileRequests,
  listedRequests,
  type OpenApi,
  operationsOf,
} from '../support/hostile-requests.ts';
import { hasPostgres, postgresNote } from '../support/postgres.ts';

/** Requests per operation. A few runs of the suite cover every kind of value in every position. */
const runs = Number(process.env['HOSTILE_RUNS'] ?? 25);

const dependencies = {
  callers: [alice, alice, bob, admin, machine, {}],
  ids: ['aurora-12', 'pico-4a', 'alice', 'order-1001', 'payment-1001', 'reservation-t0001', 'x'],
};

interface ProbedService {
  readonly app: ServiceApp;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

async function answerTo(
  app: ServiceApp,
  { method, target, headers, body }: HostileRequest,
): Promise<Response> {
  const init = { method, headers: headers.map(([name, value]): [string, string] => [name, value]) };
  return await app.request(`http://service${target}`, body === null ? init : { ...init, body });
}

describe.runIf(hasPostgres)(`hostile requests to the services${postgresNote}`, () => {
  const service = testServices();
  const shop = testShop();

  const probedService = async (role: RoleName): Promise<ProbedService> => {
    if (role === 'order' || role === 'payment' || role === 'inventory') {
      return { app: shop()[role], lines: shop().lines };
    }
    const { app, lines } = service(role);
    return { app: await app(), lines };
  };
  const documentOf = async (app: ServiceApp) =>
    (await (await app.request('/openapi.json')).json()) as OpenApi;

  test.each(roleNames)(
    'cause no 5xx and no logged error in any operation of %s',
    async (role) => {
      const { app, lines } = await probedService(role);
      const expectNoServerError = async (request: HostileRequest) => {
        const before = lines.length;
        const { status } = await answerTo(app, request);
        expect(status, `${request.method} ${request.target}`).toBeLessThan(500);
        expect(lines.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
      };
      for (const operation of operationsOf(await documentOf(app))) {
        for (const request of listedRequests(operation, dependencies)) await expectNoServerError(request);
        await fc.assert(fc.asyncProperty(hostileRequests(operation, dependencies), expectNoServerError), {
          numRuns: runs,
        });
      }
    },
    120_000,
  );

  test('cover every route and every partner route of the catalogue that a service answers', async () => {
    const shapeOf = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
    const { routes, partnerRoutes, services } = loadCatalogue();
    const expected = [
      ...Object.entries(routes).map(([key, { service: name, rewrite }]) => ({ key, name, path: rewrite })),
      ...Object.entries(partnerRoutes).map(([key, { service: name, path }]) => ({ key, name, path })),
    ].flatMap(({ key, name, path }) => {
      const [method = '', own = ''] = key.split(' ');
      const isService = name !== undefined && services[name]?.kind !== 'function';
      return isService ? [`${name} ${method} ${shapeOf(path ?? own)}`] : [];
    });
    const covered = new Set<string>();
    for (const role of roleNames) {
      for (const { method, path } of operationsOf(await documentOf((await probedService(role)).app))) {
        covered.add(`${role} ${method} ${shapeOf(path)}`);
      }
    }
    expect(expected.length).toBeGreaterThan(20);
    expect(expected.filter((operation) => !covered.has(operation))).toEqual([]);
  });
});
