import { withBreakers } from '../../lambda/aggregation/breakers.ts';
import { createPartCache } from '../../lambda/aggregation/part-cache.ts';
import type { UpstreamCall } from '../../lambda/aggregation/ports.ts';
import type { LimitStoreUser } from '../../lib/features/limit-store/limit-store-permissions.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import type { Check } from '../../runtime/limit-store/limit-store.ts';
import { ScriptRunner, type ScriptRunnerPorts } from '../../runtime/limit-store/script-runner.ts';
import type { Connection } from '../../runtime/limit-store/valkey-connection.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { createDeliveries } from '../../runtime/webhooks/webhook-deliveries.ts';
import { createStockHolds } from '../../services/inventory/stock-holds.ts';
import type { Queries } from '../../services/platform/database/database.ts';

/** All calls that one user of the limit store sends, through the product's clients. */
type Calls = (ports: ScriptRunnerPorts) => Promise<void>;

/** Enough names for keys in slots of every primary. */
const manyNames = Array.from({ length: 12 }, (_, index) => `name-${index}`);

const monthEndSeconds = 4_102_444_800;
const month = { startDay: 1, monthEndSeconds };

/** One call of each kind of check, for many callers. */
function takes(checks: readonly Check[]): Calls {
  return async (ports) => {
    const store = new ValkeyLimitStore(ports);
    for (const caller of manyNames) await store.take({ caller, checks });
    store.close();
  };
}

/** Runs the calls of a client for many names over one connection. */
function withScripts(use: (scripts: ScriptRunner, name: string) => Promise<unknown>): Calls {
  return async (ports) => {
    const scripts = new ScriptRunner(ports);
    for (const name of manyNames) await use(scripts, name);
    scripts.close();
  };
}

async function useParts(scripts: ScriptRunner, name: string): Promise<void> {
  const parts = createPartCache(scripts);
  await parts.lease(name, 1_000);
  await parts.write(name, '{}', { seconds: 5, staleSeconds: 5 });
  await parts.read(name);
  await parts.watch(name);
  await parts.end(name, { kind: 'unshared' }, true);
}

const breakerSettings = {
  windowMilliseconds: 10_000,
  failures: 1,
  failuresOfOneCaller: 1,
  percent: 1,
  // Very short, so that the breaker is half-open at the next call.
  openMilliseconds: 1,
  probes: 5,
  leaseMilliseconds: 30_000,
} as const;

async function useBreakers(scripts: ScriptRunner, service: string): Promise<void> {
  let milliseconds = 0;
  const answer = { kind: 'failed', reason: 'connection' } as const;
  const ports = {
    scripts,
    settings: breakerSettings,
    now: () => {
      milliseconds += 1_000;
      return milliseconds;
    },
  };
  const upstream = withBreakers({ call: async () => answer }, ports);
  for (const caller of ['first', 'second', 'third']) {
    await upstream.call({ service, caller, fullTimeoutMilliseconds: 0 } as UpstreamCall);
    await new Promise((done) => setTimeout(done, 5));
  }
}

async function useDeliveries(scripts: ScriptRunner, id: string): Promise<void> {
  const deliveries = createDeliveries(scripts);
  const delivery = { source: '/webhooks/test', id, partitionkey: id };
  await deliveries.claim(delivery, 'owner');
  await deliveries.enterBacklog(delivery);
  await deliveries.leaveBacklog(delivery);
  await deliveries.release(delivery, 'owner');
  await deliveries.claim(delivery, 'owner');
  await deliveries.finish(delivery);
}

/** Answers queries of the stock like the service's database. */
const stockTable: Queries = {
  query: async <Row>(_text: string, values: readonly unknown[] = []) =>
    (values[0] as readonly string[]).map((id) => ({
      product_id: id,
      units: 10,
      version: '1',
      holds: [{ id: 'loaded', quantity: 1, ends: monthEndSeconds * 1_000 }],
    })) as unknown as readonly Row[],
};

async function useStock(scripts: ScriptRunner, name: string): Promise<void> {
  const holds = createStockHolds(scripts, stockTable, `copy-${name}`);
  const lines = [{ productId: 'p-1', quantity: 1 }];
  const taken = await holds.take('hold', lines, 60, stockTable);
  const expiresAtMs = taken.kind === 'held' ? taken.expiresAtMs : 0;
  await holds.settle('hold', expiresAtMs, [{ ...lines[0], version: 2, units: 9 } as never]);
  await holds.level('p-1');
}

/** Calls of the functions and tasks of each user. */
export const callsByUser: Readonly<Record<LimitStoreUser, Calls>> = {
  auth: takes([
    { kind: 'rate', name: 'a', requests: 10, periodSeconds: 1, burst: 10, cost: 1 },
    { kind: 'quota', name: 'b', startDay: 1, perMonth: 10, cost: 1 },
    { kind: 'settle', name: 'b2', amount: 1, ...month },
    { kind: 'nonce', name: 'c', lifetimeSeconds: 9 },
    { kind: 'revoked-before', name: 'd', issuedAtSeconds: 1 },
  ]),
  revocation: takes([{ kind: 'revoke', name: 'd', beforeSeconds: 1, lifetimeSeconds: 9 }]),
  metering: takes([{ kind: 'charge', name: 'b', amount: 1, ...month }]),
  aggregation: withScripts(async (scripts, name) => {
    await useParts(scripts, name);
    await useBreakers(scripts, name);
  }),
  webhooks: withScripts(useDeliveries),
  inventory: withScripts(useStock),
};

/** A script call that reached the limit store. */
export interface RecordedCall {
  readonly sha1: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Ports of a client whose calls and failures are recorded. */
export function recordingPorts(open: ScriptRunnerPorts['open']) {
  const calls: RecordedCall[] = [];
  const failures: string[] = [];
  const ports: ScriptRunnerPorts = {
    open: async (onEnd) => {
      const connection = await open(onEnd);
      const evalsha: Connection['evalsha'] = (sha1, keys, args) => {
        calls.push({ sha1, keys, args });
        return connection.evalsha(sha1, keys, args);
      };
      return { ...connection, evalsha };
    },
    breaker: new CircuitBreaker({ failuresToOpen: 1_000, cooldownMilliseconds: 1 }),
    now: () => performance.now(),
    budgetMilliseconds: 10_000,
    onFailure: (reason) => failures.push(reason),
  };
  return { ports, calls, failures };
}
