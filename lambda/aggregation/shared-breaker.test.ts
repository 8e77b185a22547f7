import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { ScriptRunner } from '../../runtime/limit-store/script-runner.ts';
import {
  canSpawnRedis,
  hasRedis,
  redisNote,
  type SpawnedRedis,
  spawnNote,
  spawnRedis,
  startRedis,
  type TestRedis,
} from '../../runtime/limit-store/testing/redis-server.ts';
import { openConnection } from '../../runtime/limit-store/valkey-connection.ts';
import { bundledProgram } from '../../test/support/bundled-program.ts';
import type { BreakerSettings } from './breakers.ts';
import { createPartCache } from './part-cache.ts';
import type { UpstreamCall } from './ports.ts';
import { createUpstream } from './upstream.ts';

const program = new URL('./testing/instance-process.ts', import.meta.url);

/** The function's settings, with times that a test can wait for. */
const settings: BreakerSettings = {
  windowMilliseconds: 60_000,
  failures: 10,
  failuresOfOneCaller: 3,
  percent: 20,
  openMilliseconds: 1_500,
  probes: 5,
  leaseMilliseconds: 3_000,
};

/** A real service that the test controls, which counts its calls. */
class Service {
  readonly #server: Server;
  readonly #held: ServerResponse[] = [];
  calls = 0;
  status: number | 'hold' = 200;

  constructor() {
    this.#server = createServer((_request, response) => {
      this.calls += 1;
      if (this.status === 'hold') this.#held.push(response);
      else response.writeHead(this.status).end();
    });
  }

  get held(): number {
    return this.#held.length;
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  release(status: number): void {
    for (const response of this.#held.splice(0)) response.writeHead(status).end();
    this.status = status;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let service: Service;
let serviceUrl: string;
beforeEach(async () => {
  service = new Service();
  serviceUrl = await service.start();
});
afterEach(() => service.close());

/** Of a different caller each time. */
const callOf = (name: string): UpstreamCall => ({
  service: name,
  method: 'GET',
  path: '/',
  headers: {},
  timeoutMilliseconds: 20_000,
  caller: randomUUID(),
  fullTimeoutMilliseconds: 20_000,
  maxBytes: 1_000,
  signal: new AbortController().signal,
});

describe.runIf(hasRedis)(`two processes and one breaker${redisNote}`, () => {
  let redis: TestRedis;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => redis.close());

  interface Instance {
    readonly process: ChildProcess;
    /** Sends so many calls at once; a call that its service holds is not settled before. */
    call(times: number): Promise<readonly string[]>;
  }

  async function start(name: string): Promise<Instance> {
    const child = spawn(
      process.execPath,
      [await bundledProgram(program), redis.url, serviceUrl, name, JSON.stringify(settings)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(child);
    const waiting = new Map<string, (outcome: string) => void>();
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    lines.on('line', (line) => {
      const [id = '', outcome = ''] = line.split(' ');
      waiting.get(id)?.(outcome);
    });
    let calls = 0;
    const callOnce = () =>
      new Promise<string>((done) => {
        calls += 1;
        waiting.set(`${calls}`, done);
        child.stdin.write(`${calls}\n`);
      });
    return { process: child, call: (times) => Promise.all(Array.from({ length: times }, callOnce)) };
  }

  async function startTwo(): Promise<[Instance, Instance]> {
    // A unique name, because a given server may hold the keys of others.
    const name = `review-${randomUUID()}`;
    return await Promise.all([start(name), start(name)]);
  }

  const all = (times: number, outcome: string) => Array.from({ length: times }, () => outcome);

  /** Lets the instances call until the service holds that many. */
  async function callUntilHeld(instances: readonly Instance[], probes: number): Promise<void> {
    service.status = 'hold';
    const calling = () => {
      for (const instance of instances) void instance.call(1);
      return service.held;
    };
    await expect.poll(calling, { timeout: 10_000, interval: 20 }).toBe(probes);
  }

  test('see it opening, half-opening and closing', async () => {
    const [one, two] = await startTwo();
    service.status = 503;
    expect(await one.call(5)).toEqual(all(5, '503'));
    expect(await two.call(5)).toEqual(all(5, '503'));
    expect(await two.call(3)).toEqual(all(3, 'breaker-open'));
    // The first process reads the state again once its last reply has expired.
    await expect.poll(() => one.call(1), { timeout: 5_000, interval: 100 }).toEqual(['breaker-open']);

    const before = service.calls;
    await callUntilHeld([one, two], 5);
    expect(await one.call(3)).toEqual(all(3, 'breaker-open'));
    expect(await two.call(3)).toEqual(all(3, 'breaker-open'));
    expect(service.calls).toBe(before + 5);
    service.release(200);
    await expect.poll(() => one.call(3), { timeout: 5_000 }).toEqual(all(3, '200'));
    expect(await two.call(3)).toEqual(all(3, '200'));
  });

  test('a process that dies with all probes in progress does not keep it half-open', async () => {
    const [one, two] = await startTwo();
    service.status = 503;
    await one.call(10);
    expect(await two.call(1)).toEqual(['breaker-open']);
    await callUntilHeld([one], 5);
    one.process.kill('SIGKILL');
    service.release(200);
    expect(await two.call(3)).toEqual(all(3, 'breaker-open'));
    // Until their leases end.
    await expect.poll(() => two.call(1), { timeout: 15_000, interval: 50 }).toEqual(['200']);
    await expect.poll(() => two.call(5), { timeout: 15_000, interval: 50 }).toEqual(all(5, '200'));
  });
});

describe.runIf(canSpawnRedis)(`without the limit store${spawnNote}`, () => {
  let redis: SpawnedRedis;
  let scripts: ScriptRunner;
  let failures: string[];
  beforeEach(async () => {
    redis = await spawnRedis();
    failures = [];
    scripts = new ScriptRunner({
      open: (onEnd) => openConnection({ url: redis.url, topology: 'single' }, onEnd),
      breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 60_000 }),
      now: () => performance.now(),
      budgetMilliseconds: 50,
      onFailure: (reason) => failures.push(reason),
    });
    await scripts.warm(10_000);
  });
  afterEach(async () => {
    scripts.close();
    await redis.close();
  });

  test.each(['SIGSTOP', 'SIGKILL'] as const)(
    'that gets %s, every call goes out, and few wait for it',
    async (signal) => {
      const upstream = createUpstream({
        loadBalancerUrl: serviceUrl,
        externals: {},
        scripts,
        now: () => performance.now(),
      });
      expect(await upstream.call(callOf('before'))).toMatchObject({ status: 200 });
      redis.process.kill(signal);
      // Each to a separate service, so that each reads the limit store.
      for (let i = 0; i < 20; i += 1) {
        expect(await upstream.call(callOf(`service-${i}`))).toMatchObject({ status: 200 });
      }
      service.status = 503;
      for (let i = 0; i < 20; i += 1) {
        expect(await upstream.call(callOf('service-1'))).toMatchObject({ status: 503 });
      }
      expect(failures).toHaveLength(3);
      const parts = createPartCache(scripts);
      await parts.write('key', '{}', { seconds: 10, staleSeconds: 0 });
      expect(await parts.read('key')).toBeUndefined();
      expect(await parts.lease('key', 1_000)).toBe(true);
    },
  );
});

describe.runIf(hasRedis)(`what is kept${redisNote}`, () => {
  test('has a term on every key', async () => {
    const redis = await startRedis();
    const keys: string[] = [];
    const connection = await openConnection({ url: redis.url, topology: 'single' }, () => undefined);
    const scripts = new ScriptRunner({
      open: () =>
        Promise.resolve({
          ...connection,
          evalsha: (sha1, called, args) => {
            keys.push(...called);
            return connection.evalsha(sha1, called, args);
          },
        }),
      breaker: new CircuitBreaker({ failuresToOpen: 1, cooldownMilliseconds: 60_000 }),
      now: () => performance.now(),
      budgetMilliseconds: 20_000,
      onFailure: (reason) => {
        throw new Error(reason);
      },
    });
    const name = randomUUID();
    const upstream = createUpstream({
      loadBalancerUrl: serviceUrl,
      externals: {},
      scripts,
      now: () => performance.now(),
    });
    service.status = 503;
    for (let i = 0; i < 10; i += 1) await upstream.call(callOf(name));
    expect(await upstream.call(callOf(name))).toEqual({ kind: 'failed', reason: 'breaker-open' });
    const parts = createPartCache(scripts);
    await parts.lease(name, 5_000);
    await parts.write(`other ${name}`, '{}', { seconds: 5, staleSeconds: 5 });
    const terms: number[] = [];
    for (const key of new Set(keys)) {
      terms.push(Number(await connection.eval("return redis.call('PTTL', KEYS[1])", [key], [])));
    }
    // The lease of what was written has ended with it.
    expect(terms.filter((term) => term === -2)).toHaveLength(1);
    expect(terms.filter((term) => term === -1)).toEqual([]);
    // The breaker, its ten callers, the part and another's lease.
    expect(terms.filter((term) => term > 0)).toHaveLength(13);
    expect(Math.max(...terms)).toBeLessThanOrEqual(630_001);
    connection.close();
    await redis.close();
  });
});
