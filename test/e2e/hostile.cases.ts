import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCatalogue } from '../../lib/config/index.ts';
import {
  type HostileRequest,
  hostileRequests,
  type Operation,
  type Schema,
} from '../support/hostile-requests.ts';
import { type Call, send } from './client.ts';
import { anyAddress, bearer, type Running, uniqueUser } from './running.ts';

/** Requests per route. `HOSTILE_RUNS` overrides it. */
const runs = Number(process.env['HOSTILE_RUNS'] ?? 6);

/** Query parameters that routes of any service read. */
const text: Schema = { type: 'string' };
const query = Object.fromEntries(
  ['q', 'cursor', 'limit', 'category', 'country', 'include', 'fields', 'variant'].map((name) => [name, text]),
);
const ids = ['aurora-12', 'pico-4', 'meridian-8-lite', 'alice', 'x'];

/** Generated requests to every route of the public API and the partner API, through edge, authorizer and load balancer. */
export function hostileCases(running: () => Running): void {
  test('no generated value in any position of any route causes a 5xx', { timeout: 180_000 }, async () => {
    const { target } = running();
    const { routes, partnerRoutes } = loadCatalogue();
    const users = ['orders:*', 'users:*', 'inventory:*', 'payments:*', 'products:*'];
    const callers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        index === 0
          ? {}
          : {
              authorization: (
                await bearer(target, { sub: uniqueUser(), permissions: users, plan: 'pro' })
              )[1],
            },
      ),
    );
    const key = target.partnerKey('demo');
    const partners = key === undefined ? [] : [{ 'x-api-key': key }];

    const countByStatus = new Map<number, number>();
    const expectNoServerError = async (request: HostileRequest) => {
      const answer = await send(target.url, request.target, callOf(request, anyAddress(target))).catch(
        () => undefined,
      );
      // If the client refuses to send the request or the listener closes the connection, no answer arrives.
      if (answer === undefined) return;
      countByStatus.set(answer.status, (countByStatus.get(answer.status) ?? 0) + 1);
      expect(
        answer.status,
        `${request.method} ${request.target}: ${answer.body.toString().slice(0, 200)}`,
      ).toBeLessThan(500);
    };
    const probe = async (keys: readonly string[], dependencies: Parameters<typeof hostileRequests>[1]) => {
      for (const operation of keys.map(operationOf)) {
        await fc.assert(fc.asyncProperty(hostileRequests(operation, dependencies), expectNoServerError), {
          numRuns: runs,
        });
      }
    };
    await probe(Object.keys(routes), { callers, ids });
    if (partners.length > 0) await probe(Object.keys(partnerRoutes), { callers: partners, ids });
    // Some requests reach the services.
    expect(countByStatus.get(200) ?? 0).toBeGreaterThan(0);
    expect(
      [...countByStatus.keys()].filter((status) => status === 400 || status === 422).length,
    ).toBeGreaterThan(0);
  });
}

function operationOf(routeKey: string): Operation {
  const [method = '', path = ''] = routeKey.split(' ');
  return { method, path, query, body: null };
}

function callOf({ method, headers, body }: HostileRequest, from: string | undefined): Call {
  return { method, headers, ...(body === null ? {} : { body: Buffer.from(body) }), from };
}
