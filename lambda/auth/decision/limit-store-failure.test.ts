import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import {
  canSpawnRedis,
  type SpawnedRedis,
  spawnNote,
  spawnRedis,
} from '../../../runtime/limit-store/testing/redis-server.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import { ValkeyLimitStore } from '../../../runtime/limit-store/valkey-limit-store.ts';
import { createIssuer, noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import type { Policy } from '../contract.ts';
import { createPorts, eventOf, policy } from '../testing/decision-fixtures.ts';
import { decide } from './decide.ts';
import { readRequest } from './gateway-request.ts';
import type { Ports } from './ports.ts';
import { preparePolicy } from './prepared-policy.ts';

const products = policy.routes['GET /api/products'];
if (products === undefined) throw new Error('The fixture is faulty.');
const roomy: Policy = {
  ...policy,
  limits: { anonymous: { by: 'address', requests: 1, periodSeconds: 3_600, burst: 1_000, shadow: false } },
  routes: { 'GET /open': products, 'GET /closed': { ...products, onLimitStoreFailure: 'closed' } },
};
const prepared = preparePolicy(roomy);

const failuresToOpen = 3;
const cooldownMilliseconds = 1_000;

describe.runIf(canSpawnRedis)(`decisions with a failing limit store${spawnNote}`, () => {
  let server: SpawnedRedis;
  let store: ValkeyLimitStore;
  let ports: Ports;
  /** The breaker's clock: stands still unless the test moves it. */
  let clock: number;
  /** Calls that were sent and failed, without those that the open breaker skipped. */
  let failures: number;
  beforeEach(async () => {
    server = await spawnRedis();
    const { url } = server;
    clock = 0;
    failures = 0;
    store = new ValkeyLimitStore({
      open: (onEnd) => openConnection({ url, topology: 'single' }, onEnd),
      breaker: new CircuitBreaker({ failuresToOpen, cooldownMilliseconds }),
      now: () => clock,
      // Wide enough for a busy machine, because only the outcome matters.
      budgetMilliseconds: 500,
      onFailure: () => {
        failures += 1;
      },
    });
    await store.warm(10_000);
    ports = createPorts(createIssuer(), () => noon, { limitStore: store });
  });
  afterEach(async () => {
    store.close();
    await server.close();
  });

  const ask = async (routeKey: string) => {
    const { context } = await decide(readRequest(eventOf(routeKey)), prepared, ports, noon);
    return `${context.decision} ${context.reason}`;
  };
  /** Both kinds of route, repeatedly, several at a time. */
  const load = async (rounds: number): Promise<Set<string>> => {
    const outcomes = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const asked = ['GET /open', 'GET /closed', 'GET /open', 'GET /closed'].map(async (route) =>
        outcomes.add(`${route}: ${await ask(route)}`),
      );
      await Promise.all(asked);
    }
    return outcomes;
  };
  const served = ['GET /closed: allow ok', 'GET /open: allow ok'];
  const unavailable = [
    'GET /closed: unavailable limit-store-unavailable',
    'GET /open: allow ok-by-local-limits',
  ];
  const untilServed = () =>
    expect
      .poll(
        async () => {
          clock += cooldownMilliseconds;
          return [...(await load(2))].sort();
        },
        { timeout: 20_000 },
      )
      .toEqual(served);

  test('stalled under load: every route answers as configured, and few calls are delayed', async () => {
    expect([...(await load(5))].sort()).toEqual(served);
    server.process.kill('SIGSTOP');
    expect([...(await load(20))].sort()).toEqual(unavailable);
    // One round was in progress when the breaker opened.
    expect(failures).toBeGreaterThanOrEqual(failuresToOpen);
    expect(failures).toBeLessThanOrEqual(failuresToOpen + 1);

    const before = failures;
    clock += cooldownMilliseconds;
    expect([...(await load(5))].sort()).toEqual(unavailable);
    expect(failures).toBe(before + 1);

    server.process.kill('SIGCONT');
    await untilServed();
  });

  test('flapping: the routes answer as configured while it is unavailable, and count again when it recovers', async () => {
    for (let time = 0; time < 3; time += 1) {
      server.process.kill('SIGSTOP');
      await load(2);
      expect([...(await load(3))].sort()).toEqual(unavailable);
      server.process.kill('SIGCONT');
      await untilServed();
    }
  });

  test('killed and restarted under load: no call is lost, and none is delayed', async () => {
    const port = Number(new URL(server.url).port);
    const over = new AbortController();
    const outcomes = new Set<string>();
    const callers = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        outcomes.add(await ask('GET /open'));
        await new Promise((done) => setTimeout(done, 5));
      }
    });
    await expect.poll(() => outcomes).toContain('allow ok');
    await server.close();
    await expect.poll(() => outcomes).toContain('allow ok-by-local-limits');
    over.abort();
    await Promise.all(callers);
    for (let i = 0; i < 20; i += 1) await ask('GET /open');
    expect([...outcomes].sort()).toEqual(['allow ok', 'allow ok-by-local-limits']);

    server = await spawnRedis([], port);
    clock += cooldownMilliseconds;
    const answered = await decide(readRequest(eventOf('GET /open')), prepared, ports, noon);
    expect(answered.context).toMatchObject({ reason: 'ok', remaining: '999' });
  });
});
