import { randomUUID } from 'node:crypto';
import { Redis } from 'iovalkey';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';
import { takeScript } from './limit-script.ts';
import { encodeCall } from './limit-script-wire.ts';
import type { LimitStore, LimitStoreRequest } from './limit-store.ts';
import {
  canSpawnRedis,
  hasRedis,
  redisNote,
  type SpawnedRedis,
  spawnNote,
  spawnRedis,
  startRedis,
  type TestRedis,
} from './testing/redis-server.ts';
import { type LimitStoreAddress, openConnection } from './valkey-connection.ts';
import { ValkeyLimitStore } from './valkey-limit-store.ts';

const stores: ValkeyLimitStore[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

interface Settings {
  readonly budgetMilliseconds?: number;
  readonly now?: () => number;
  readonly open?: (onEnd: () => void) => ReturnType<typeof openConnection>;
}

function storeAt(address: LimitStoreAddress, settings: Settings = {}) {
  const failures: string[] = [];
  const store = new ValkeyLimitStore({
    open: settings.open ?? ((onEnd) => openConnection(address, onEnd)),
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: settings.now ?? (() => 0),
    // A wide budget, so that a busy machine does not count as an unavailable limit store.
    budgetMilliseconds: settings.budgetMilliseconds ?? 10_000,
    onFailure: (reason) => failures.push(reason),
  });
  stores.push(store);
  return { store, failures };
}

/** A new caller, because a given server may hold the keys of others. */
const callOf = (burst: number): LimitStoreRequest => ({
  caller: `user:${randomUUID()}`,
  checks: [
    { kind: 'rate', name: 'user', requests: 1, periodSeconds: 3_600, burst, cost: 1 },
    { kind: 'quota', name: 'requests', startDay: 1, perMonth: 1_000_000, cost: 1 },
  ],
});

const closedPort: LimitStoreAddress = { url: 'redis://127.0.0.1:1', topology: 'single' };

describe.runIf(hasRedis)(`the shared limit store${redisNote}`, () => {
  let server: TestRedis;
  let admin: Redis;
  let address: LimitStoreAddress;
  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.url);
    address = { url: server.url, topology: 'single' };
  });
  afterAll(async () => {
    admin.disconnect();
    await server.close();
  });

  test('answers by the server clock, and gives every key a term', async () => {
    const { store } = storeAt(address);
    const call = callOf(2);
    const [seconds = 0] = await admin.time();
    const answer = await store.take(call);
    expect(answer).toMatchObject({ kind: 'answered', admitted: true, states: [{ remaining: 1 }, {}] });
    const [rate = '', quota = ''] = encodeCall(call).keys;
    expect(await admin.pttl(rate)).toBeGreaterThan(3_500_000);
    expect(await admin.pttl(rate)).toBeLessThanOrEqual(3_600_001);
    expect(Number(await admin.get(rate)) / 1_000_000 - seconds).toBeGreaterThanOrEqual(3_600);
    expect(await admin.pttl(quota)).toBeGreaterThan(0);
    expect(await admin.pttl(quota)).toBeLessThanOrEqual(31 * 86_400_000 + 1);
  });

  test('sends the script once, and again when the server has forgotten it', async () => {
    const { store } = storeAt(address);
    const call = callOf(5);
    await admin.script('FLUSH');
    expect(await store.take(call)).toMatchObject({ admitted: true });
    expect(await admin.script('EXISTS', takeScript.sha1)).toEqual([1]);
    expect(await store.take(call)).toMatchObject({ admitted: true, states: [{ remaining: 3 }, {}] });
    await admin.script('FLUSH');
    expect(await store.take(call)).toMatchObject({ admitted: true, states: [{ remaining: 2 }, {}] });
  });

  test('of 1 000 concurrent calls over four connections, exactly the burst is admitted', async () => {
    const call = callOf(137);
    const four = Array.from({ length: 4 }, () => storeAt(address).store);
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => (four[index % 4] as LimitStore).take(call)),
    );
    expect(answers.filter((answer) => answer.kind === 'answered')).toHaveLength(1_000);
    expect(answers.filter((answer) => answer.kind === 'answered' && answer.admitted)).toHaveLength(137);
  });

  test('connects with credentials that it requests for each connection', async () => {
    const user = `gateway-${randomUUID()}`;
    await admin.call('ACL', 'SETUSER', user, 'on', '>first', '>second', '~*', '+@all');
    const passwords = ['first', 'second'];
    const { store } = storeAt({
      ...address,
      credentials: () => ({ username: user, password: passwords.shift() ?? 'none left' }),
    });
    for (const left of [1, 0]) {
      expect(await store.take(callOf(1))).toMatchObject({ admitted: true });
      expect(await admin.client('LIST')).toContain(`user=${user}`);
      expect(passwords).toHaveLength(left);
      store.close();
      await expect.poll(() => admin.client('LIST')).not.toContain(`user=${user}`);
    }
    await admin.call('ACL', 'DELUSER', user);
  });
});

describe.runIf(canSpawnRedis)(`a limit store that stops${spawnNote}`, () => {
  let server: SpawnedRedis;
  afterEach(() => server.close());

  test('that hangs costs its budget three times, then one probe per cool-down; then it serves again', async () => {
    server = await spawnRedis();
    let now = 0;
    const { store, failures } = storeAt(
      { url: server.url, topology: 'single' },
      { budgetMilliseconds: 50, now: () => now },
    );
    await store.warm(10_000);
    server.process.kill('SIGSTOP');
    const call = callOf(10);
    for (let i = 0; i < 3; i += 1) {
      expect(await store.take(call)).toEqual({
        kind: 'failed',
        reason: 'No answer within 50 ms.',
        timedOut: true,
      });
    }
    for (let i = 0; i < 5; i += 1) {
      expect(await store.take(call)).toEqual({ kind: 'failed', reason: 'circuit-open' });
    }
    now = 1_000;
    const probes = await Promise.all(Array.from({ length: 5 }, () => store.take(call)));
    expect(
      probes.filter((answer) => answer.kind === 'failed' && answer.reason !== 'circuit-open'),
    ).toHaveLength(1);
    expect(failures).toHaveLength(4);

    server.process.kill('SIGCONT');
    await expect
      .poll(
        async () => {
          now += 1_000;
          return (await store.take(call)).kind;
        },
        { timeout: 20_000 },
      )
      .toBe('answered');
  });

  test('that is gone fails at once, and serves again after its restart', async () => {
    server = await spawnRedis();
    const { url } = server;
    const { store } = storeAt({ url, topology: 'single' });
    expect(await store.take(callOf(1))).toMatchObject({ kind: 'answered' });
    await server.close();
    expect(await store.take(callOf(1))).toMatchObject({ kind: 'failed' });
    server = await spawnRedis([], Number(new URL(url).port));
    expect(await store.take(callOf(1))).toMatchObject({ kind: 'answered', admitted: true });
  });

  test('a cluster keeps all keys of a call in one slot', async () => {
    server = await spawnRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await expect.poll(() => admin.call('CLUSTER', 'INFO'), { timeout: 20_000 }).toContain('cluster_state:ok');
    admin.disconnect();
    const { store } = storeAt({ url: server.url, topology: 'cluster' });
    for (const caller of ['user:ada', 'address:2001:db8::/56', 'user:a}b{c']) {
      const call = { ...callOf(2), caller };
      expect(await store.take(call)).toMatchObject({ kind: 'answered', admitted: true });
      expect(await store.take(call)).toMatchObject({ states: [{ remaining: 0 }, {}] });
      expect(await store.take(call)).toMatchObject({ kind: 'answered', admitted: false });
    }
  });
});

describe('a limit store that cannot be reached', () => {
  test('is a failure result for either topology, and never throws', async () => {
    for (const topology of ['single', 'cluster'] as const) {
      const { store, failures } = storeAt({ ...closedPort, topology });
      expect(await store.take(callOf(1))).toMatchObject({ kind: 'failed' });
      expect(failures).toHaveLength(1);
    }
  });

  test('is called three times, and not again before the cool-down', async () => {
    let now = 0;
    let attempts = 0;
    const { store } = storeAt(closedPort, {
      now: () => now,
      open: (onEnd) => {
        attempts += 1;
        return openConnection(closedPort, onEnd);
      },
    });
    for (let i = 0; i < 10; i += 1) await store.take(callOf(1));
    expect(attempts).toBe(3);
    now = 1_000;
    for (let i = 0; i < 10; i += 1) await store.take(callOf(1));
    expect(attempts).toBe(4);
  });

  test('a malformed reply is a failure, not a refusal', async () => {
    const { store, failures } = storeAt(closedPort, {
      open: async () => ({ evalsha: async () => [1, 2], eval: async () => [], close: () => undefined }),
    });
    const reason = 'The reply is not of this script.';
    expect(await store.take(callOf(1))).toEqual({ kind: 'failed', reason, timedOut: false });
    expect(failures).toEqual([reason]);
  });

  test('does not block the start', async () => {
    const { store } = storeAt(closedPort, { open: () => new Promise(() => undefined) });
    await expect(store.warm(1)).resolves.toBeUndefined();
  });
});
