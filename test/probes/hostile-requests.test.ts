import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../lib/config/index.ts';
import type { ServiceApp } from '../../services/platform/http/app.ts';
import { type RoleName, roleNames } from '../../services/roles.ts';
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

/** Requests to each operation: enough to meet every kind of value in every position over a few runs of the suite. */
const runs = Number(process.env['HOSTILE_RUNS'] ?? 25);

const dependencies = {
  callers: [alice, alice, bob, admin, machine, {}],
  ids: ['aurora-12', 'pico-4a', 'alice', 'order-1001', 'payment-1001', 'reservation-t0001', 'x'],
};

interface Tried {
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

describe.runIf(hasPostgres)(`whatever a caller sends${postgresNote}`, () => {
  const service = testServices();
  const shop = testShop();

  const triedOf = async (role: RoleName): Promise<Tried> => {
    if (role === 'order' || role === 'payment' || role === 'inventory') {
      return { app: shop()[role], lines: shop().lines };
    }
    const { app, lines } = service(role);
    return { app: await app(), lines };
  };
  const documentOf = async (app: ServiceApp) =>
    (await (await app.request('/openapi.json')).json()) as OpenApi;

  test.each(roleNames)(
    '%s: no operation answers 5xx or logs an error',
    async (role) => {
      const { app, lines } = await triedOf(role);
      const answerWell = async (request: HostileRequest) => {
        const before = lines.length;
        const { status } = await answerTo(app, request);
        expect(status, `${request.method} ${request.target}`).toBeLessThan(500);
        expect(lines.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
      };
      for (const operation of operationsOf(await documentOf(app))) {
        for (const request of listedRequests(operation, dependencies)) await answerWell(request);
        await fc.assert(fc.asyncProperty(hostileRequests(operation, dependencies), answerWell), {
          numRuns: runs,
        });
      }
    },
    120_000,
  );

  test('reaches every route of the catalogue and every partner route that a service answers', async () => {
    const shapeOf = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
    const { routes, partnerRoutes, services } = loadCatalogue();
    const wanted = [
      ...Object.entries(routes).map(([key, { service: name, rewrite }]) => ({ key, name, path: rewrite })),
      ...Object.entries(partnerRoutes).map(([key, { service: name, path }]) => ({ key, name, path })),
    ].flatMap(({ key, name, path }) => {
      const [method = '', own = ''] = key.split(' ');
      const isOurs = name !== undefined && services[name]?.kind !== 'function';
      return isOurs ? [`${name} ${method} ${shapeOf(path ?? own)}`] : [];
    });
    const tried = new Set<string>();
    for (const role of roleNames) {
      for (const { method, path } of operationsOf(await documentOf((await triedOf(role)).app))) {
        tried.add(`${role} ${method} ${shapeOf(path)}`);
      }
    }
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((each) => !tried.has(each))).toEqual([]);
  });
});
