import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import type { Script, ScriptCall } from '../../runtime/limit-store/script-runner.ts';
import { hasRedis, redisNote, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';
import { holdStockScript, loadStockScript } from '../../services/inventory/stock/stock-scripts.ts';
import { percentile } from './measure.ts';
import { reserveByLock } from './redlock.ts';

/** An implementation of reserving one unit of a product. */
interface Way {
  readonly name: string;
  /** Sets the stock of a product. */
  stock(product: string, units: number): Promise<unknown>;
  /** @param pause Delay between reading and writing, if the implementation has such steps. @returns whether the unit is reserved. */
  reserve(client: Redis, product: string, pause?: () => Promise<void>): Promise<boolean>;
}

const second = 1_000_000;

/** Measures concurrent reservations of one product, with each implementation on the same server in turn. */
export async function run(print: (text: string) => void): Promise<void> {
  if (!hasRedis) {
    print(`Reservations${redisNote}`);
    return;
  }
  const server = await startRedis();
  const clients = Array.from({ length: 16 }, () => new Redis(server.url));
  const [first] = clients;
  if (first === undefined) throw new Error('The list of clients is empty.');
  const ways = waysOf(first);
  for (const atOnce of [1, 16, 200]) {
    print(`One product, ${atOnce} at once, medians of five rounds in turn`);
    for (const line of await speed(ways, clients, atOnce)) print(line);
  }
  print(
    `500 buyers of 100 pieces, every 25th held up for ${stallMs} ms in the middle, as by a pause of its machine`,
  );
  for (const way of ways) print(await rush(way, clients));
  for (const client of clients) client.disconnect();
  await server.close();
}

function waysOf(any: Redis): readonly Way[] {
  const evaluate = ({ sha1, source }: Script, client: Redis, { keys, args }: ScriptCall) =>
    client.evalsha(sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
      if (!String(error).includes('NOSCRIPT')) throw error;
      return client.eval(source, keys.length, ...keys, ...args);
    });
  const locked = (name: string, lockMs: number): Way => ({
    name,
    stock: (product, units) => any.set(product, units, 'EX', 600),
    reserve: async (client, product, pause) =>
      (await reserveByLock(client, product, 1, { lockMs, pause })) === 'reserved',
  });
  return [
    {
      name: 'one script: held, expires, idempotent',
      stock: (product, units) =>
        evaluate(loadStockScript, any, { keys: [`{${product}}`], args: ['1', `${units}`] }),
      // The script is one atomic step of the server, so a delay is possible only before it.
      reserve: async (client, product, pause) => {
        await pause?.();
        const call = {
          keys: [`{${product}}:${randomUUID()}`, `{${product}}`],
          args: [900 * second, 5 * second, 0, 1].map(String),
        };
        return ((await evaluate(holdStockScript, client, call)) as readonly unknown[])[0] === 1;
      },
    },
    locked('lock, read, decrement (lock of 5 s)', 5_000),
    locked('lock, read, decrement (lock of 100 ms)', 100),
  ];
}

/** Longer than the lifetime of the short lock. */
const stallMs = 400;
const rounds = 5;
const callsARound = 2_000;

async function speed(ways: readonly Way[], clients: readonly Redis[], atOnce: number): Promise<string[]> {
  const samples = ways.map(() => ({ perSecond: [] as number[], p50: [] as number[], p99: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      const product = `bench:${randomUUID()}`;
      await way.stock(product, 1_000_000);
      const took: number[] = [];
      let left = atOnce > 16 ? callsARound / 4 : callsARound;
      const calls = left;
      const startedAt = performance.now();
      const work = async (client: Redis) => {
        while (left > 0) {
          left -= 1;
          const begun = performance.now();
          await way.reserve(client, product);
          took.push(performance.now() - begun);
        }
      };
      await Promise.all(
        Array.from({ length: atOnce }, (_, worker) => clients[worker % clients.length]).flatMap((client) =>
          client === undefined ? [] : [work(client)],
        ),
      );
      const sample = samples[index];
      sample?.perSecond.push(calls / ((performance.now() - startedAt) / 1_000));
      sample?.p50.push(percentile(took, 0.5));
      sample?.p99.push(percentile(took, 0.99));
    }
  }
  const base = percentile(samples[0]?.perSecond ?? [], 0.5);
  return ways.map(({ name }, index) => {
    const { perSecond = [], p50 = [], p99 = [] } = samples[index] ?? {};
    const rate = percentile(perSecond, 0.5);
    return [
      name.padEnd(42),
      `${rate.toFixed(0).padStart(6)}/s`,
      `p50 ${percentile(p50, 0.5).toFixed(2).padStart(8)} ms`,
      `p99 ${percentile(p99, 0.5).toFixed(2).padStart(8)} ms`,
      `${(rate / base).toFixed(2)}x`,
    ].join('  ');
  });
}

/** Lets 500 buyers reserve 100 units, and reports how many units were sold, oversold and left. */
async function rush(way: Way, clients: readonly Redis[]): Promise<string> {
  const product = `bench:${randomUUID()}`;
  await way.stock(product, 100);
  const outcomes = await Promise.all(
    Array.from({ length: 500 }, async (_, buyer) => {
      const client = clients[buyer % clients.length];
      if (client === undefined) return false;
      return await way.reserve(client, product, buyer % 25 === 0 ? () => sleep(stallMs) : undefined);
    }),
  );
  const got = outcomes.filter(Boolean).length;
  return `${way.name.padEnd(42)}  ${got} got one  ${Math.max(got - 100, 0)} oversold  ${Math.max(100 - got, 0)} left`;
}
