import { beforeAll, expect, test } from 'vitest';
import type { AssumedCaller, Explanation } from '../../../runtime/contracts/explanation.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { createIssuer, createKey, noon, type TestKey } from '../../../runtime/tokens/testing/test-issuers.ts';
import { createPorts, eventOf, fixedPolicy, policy } from '../testing/decision-fixtures.ts';
import { createFunction } from './authorizer-function.ts';

let key: TestKey;
beforeAll(async () => {
  key = await createKey('ES256', 'ec');
});

function functionWith(part: Parameters<typeof createPorts>[2] = {}) {
  const metrics: string[] = [];
  const handle = createFunction({
    policies: fixedPolicy(policy),
    ports: createPorts(createIssuer(key), () => noon, part),
    now: () => noon,
    log: createLog(() => undefined),
    writeMetrics: (line) => metrics.push(line),
  });
  const decide = async (routeKey: string) =>
    ((await handle(eventOf(routeKey))) as { context: Record<string, string> }).context;
  const explain = async (routeKey: string, as?: AssumedCaller) =>
    (await handle({
      ...eventOf(routeKey, { 'x-gw-origin-secret': 'an operator has none' }),
      explain: as === undefined ? {} : { as },
    })) as Explanation;
  return { decide, explain, metrics };
}

test('explains the decision that the call would get, without counting or metrics', async () => {
  const { decide, explain, metrics } = functionWith();
  for (let call = 0; call < 12; call += 1) {
    const explained = await explain('GET /api/products');
    expect(await explain('GET /api/products')).toEqual(explained);
    const measured = metrics.length;
    const decided = await decide('GET /api/products');
    expect(metrics.length).toBe(measured + 1);
    // Evaluating costs nothing, so one more remains than after the call.
    expect(explained.context['decision']).toBe(decided['decision']);
    expect(explained.context['reason']).toBe(decided['reason']);
    expect(explained.limits).toMatchObject([{ name: 'anonymous', size: 10 }]);
  }
  expect(await explain('GET /api/products')).toMatchObject({
    status: 429,
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    limits: [{ result: 'refused', remaining: 0 }],
  });
});

test.each<[string, AssumedCaller, Partial<Explanation>]>([
  ['a client', { clientId: 'acme', plan: 'tiny', permissions: ['orders:read'] }, { status: null }],
  ['a user', { userId: 'eve', permissions: ['users:read'] }, { status: 403 }],
])('assumes %s without a credential', async (_, as, expected) => {
  expect(await functionWith().explain('GET /api/orders', as)).toMatchObject(expected);
});

test("reports an unavailable limit store, with the route's setting", async () => {
  const unavailable = { take: () => Promise.resolve({ kind: 'failed', reason: 'timeout' } as const) };
  const { explain } = functionWith({ limitStore: unavailable });
  const as = { clientId: 'acme', permissions: ['**'] };
  expect(await explain('GET /api/orders', as)).toMatchObject({ context: { reason: 'ok-by-local-limits' } });
  expect(await explain('POST /api/inventory', as)).toMatchObject({ status: 503, limits: [] });
});
