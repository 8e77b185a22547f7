import { describe, expect, test } from 'vitest';
import { parseRuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import { createIssuer, createKey, noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import type { Policy } from '../contract.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { decide } from './decide.ts';
import { readRequest } from './gateway-request.ts';
import { preparePolicy } from './prepared-policy.ts';

const issuer = createIssuer(await createKey('ES256', 'ec'));
const [orders] = Object.values(policy.routes);
if (orders === undefined) throw new Error('The test needs a route.');
const bundle: Policy = {
  ...policy,
  routes: {
    ...policy.routes,
    'POST /api/orders': orders,
    'HEAD /api/orders': orders,
    'GET /files/{rest+}': orders,
  },
};

/** The decision on a call that API Gateway could not match, at noon. */
async function ask(
  method: string,
  path: string,
  {
    routeKey = `${method} /{unmatched+}`,
    headers = {},
    policy: overlay = {},
  }: {
    readonly routeKey?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly policy?: object;
  } = {},
) {
  const parsed = parseRuntimePolicy({ schema: 1, version: 'a', ...overlay });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.faults));
  const prepared = preparePolicy(bundle, parsed.policy);
  const request = readRequest({ ...eventOf(routeKey, headers), rawPath: path });
  const { context } = await decide(
    request,
    prepared,
    createPorts(issuer, () => noon),
    noon,
  );
  return context;
}

describe('a call that matches no route', () => {
  test.each([
    ['GET', '/api/nothing'],
    ['POST', '/api/orders/1/2'],
    ['GET', '/api/product-details/'],
    ['POST', '/files/'],
    ['POST', '/files'],
  ])('%s %s gets 404', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({
      decision: 'not-found',
      reason: 'unknown-path',
      allowedMethods: '-',
      route: '-',
      clientAddress: '192.0.2.7',
    });
  });

  test('the root gets 404', async () => {
    expect(await ask('GET', '/', { routeKey: 'GET /' })).toMatchObject({ decision: 'not-found' });
  });

  test.each([
    ['DELETE', '/api/orders', 'GET, HEAD, POST'],
    ['POST', '/api/product-details/7', 'GET'],
    ['PUT', '/files/a/b', 'GET'],
    ['DELETE', '/health', 'GET, HEAD'],
    ['GET', '/api/webhook', 'POST'],
  ])('%s %s gets 405 with the methods of the path', async (method, path, allowedMethods) => {
    expect(await ask(method, path)).toMatchObject({
      decision: 'method-not-allowed',
      reason: 'unknown-method',
      allowedMethods,
    });
  });

  test('gets 503 during maintenance', async () => {
    const maintenance = { retryAfterSeconds: 900, reason: 'test' };
    expect(await ask('GET', '/api/nothing', { policy: { maintenance } })).toMatchObject({
      decision: 'maintenance',
      retryAfter: '900',
    });
  });

  test('gets 403 from a blocked address, or around the edge', async () => {
    const addresses = { block: ['192.0.2.0/24'], allow: [] };
    expect(await ask('GET', '/api/nothing', { policy: { addresses } })).toMatchObject({
      reason: 'address-blocked',
    });
    expect(await ask('GET', '/api/nothing', { headers: { 'x-gw-origin-secret': 'wrong' } })).toMatchObject({
      reason: 'not-from-edge',
    });
  });

  test('of a route that the policy lacks is forbidden', async () => {
    expect(await ask('GET', '/api/orders', { routeKey: 'GET /api/newer' })).toMatchObject({
      decision: 'forbidden',
      reason: 'unknown-route',
    });
  });
});
