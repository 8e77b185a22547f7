import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LimitStoreUser,
  limitStoreUserNames,
} from '../../../lib/features/limit-store/limit-store-permissions.ts';
import { inMemoryScripts } from '../../../runtime/limit-store/in-memory-scripts.ts';
import { canSpawnRedis, spawnNote } from '../../../runtime/limit-store/testing/redis-server.ts';
import { type LimitStoreAddress, openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import { inMemoryStockScripts } from '../../../services/inventory/stock/in-memory-stock-scripts.ts';
import { readStockScript } from '../../../services/inventory/stock/stock-scripts.ts';
import { openLimitStore } from '../../../services/platform/limit-store/open-limit-store.ts';
import { callsByUser, type RecordedCall, recordingPorts } from '../../support/limit-store-user-calls.ts';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts';
import { resourcesOf } from '../../support/synth.ts';

/** The access string that the template gives each user of the limit store; ids end in the user's name. */
const accessStrings = new Map<string, string>(
  resourcesOf('prod').flatMap(({ resource }) => {
    if (resource['Type'] !== 'AWS::ElastiCache::User') return [];
    const { UserId, AccessString } = resource['Properties'] as { UserId: string; AccessString: string };
    return [[UserId.split('-').at(-1) ?? '', AccessString] as const];
  }),
);

test('the template has an access string for each user of the limit store', () => {
  expect([...accessStrings.keys()].sort()).toEqual([...limitStoreUserNames].sort());
});

/** In a password's place stands IAM on AWS. */
const password = 'secret';

/** What a key is of: `rate`, `part`, ... */
function spaceOf(key: string): string {
  return /^gh:\{(breaker|part|webhook|stock):/.exec(key)?.[1] ?? /\}:([a-z]+):/.exec(key)?.[1] ?? key;
}

const spacesOf = (calls: readonly RecordedCall[]) => new Set(calls.flatMap(({ keys }) => keys.map(spaceOf)));

const scripts = [...inMemoryScripts, ...inMemoryStockScripts];

const sourceOf = (sha1: string) => {
  const found = scripts.find(({ script }) => script.sha1 === sha1);
  if (found === undefined) throw new Error(`The script ${sha1} is not in inMemoryScripts: add it.`);
  return found.script.source;
};

/** Of each user, what it asked: one call for each script and set of key spaces. */
const asked = new Map<LimitStoreUser, readonly RecordedCall[]>();

const forbidden = [
  'KEYS *',
  'SCAN 0',
  'FLUSHALL',
  'FLUSHDB',
  'CONFIG GET *',
  'MONITOR',
  'ACL LIST',
  'CLIENT LIST',
  'SCRIPT FLUSH',
  'FUNCTION LIST',
  'CLUSTER RESET',
  'CLUSTER NODES',
  'INFO',
  'SUBSCRIBE x',
  'PUBLISH x y',
  'SHUTDOWN',
  'SWAPDB 0 1',
];

describe.runIf(canSpawnRedis)(`users of the limit store on a Redis cluster with ACLs${spawnNote}`, () => {
  let cluster: RedisCluster;
  const addressOf = (user: string): LimitStoreAddress => ({
    url: cluster.urls[0] ?? '',
    topology: 'cluster',
    credentials: () => ({ username: user, password }),
  });

  beforeAll(async () => {
    cluster = await startRedisCluster();
    for (const [user, accessString] of accessStrings) {
      await cluster.onAll('ACL', 'SETUSER', user, 'reset', `>${password}`, ...accessString.split(' '));
    }
    // As on AWS, who does not authenticate may do nothing. The connections that are open stay authenticated.
    await cluster.onAll('ACL', 'SETUSER', 'default', 'off');
  }, 60_000);
  afterAll(() => cluster?.close());

  test.each(limitStoreUserNames)('%s runs all of its scripts', async (user) => {
    const { ports, calls, failures } = recordingPorts((onEnd) => openConnection(addressOf(user), onEnd));
    await callsByUser[user](ports);
    expect(failures).toEqual([]);
    expect(calls.length).toBeGreaterThan(0);
    const distinct = calls.map((call) => [`${call.sha1} ${[...spacesOf([call])].join()}`, call] as const);
    asked.set(user, [...new Map(distinct).values()]);
  });

  test('all scripts of the product were run', () => {
    const run = new Set([...asked.values()].flat().map(({ sha1 }) => sha1));
    expect(scripts.filter(({ script }) => !run.has(script.sha1)).map(({ script }) => script.source)).toEqual(
      [],
    );
  });

  test('the calls reached every primary', async () => {
    const sizes = await cluster.onAll('DBSIZE');
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
  });

  test.each(limitStoreUserNames)('refuses %s the keys of other users', async (user) => {
    const own = spacesOf(asked.get(user) ?? []);
    const foreign = [...asked.values()]
      .flat()
      .filter((call) => ![...spacesOf([call])].every((space) => own.has(space)));
    expect(foreign.length).toBeGreaterThan(0);
    const connection = await openConnection(addressOf(user), () => undefined);
    for (const { sha1, keys, args } of foreign) {
      await expect(connection.eval(sourceOf(sha1), keys, args)).rejects.toThrow(/NOPERM/);
    }
    // A key that the call does not declare is refused by the command in the script.
    const key = foreign.flatMap(({ keys }) => keys).find((each) => !own.has(spaceOf(each))) ?? '';
    for (const command of ['GET', 'MGET', 'DEL']) {
      const undeclared = `return redis.call('${command}', '${key}')`;
      await expect(connection.eval(undeclared, [], [])).rejects.toThrow(/user executing the script can't/);
    }
    connection.close();
  });

  test.each(limitStoreUserNames)('refuses %s commands that none of its scripts calls', async (user) => {
    const calls = asked.get(user) ?? [];
    const called = new Set(
      calls.flatMap(({ sha1 }) =>
        [...sourceOf(sha1).matchAll(/redis\.call\('([A-Z]+)'/g)].map(([, command = '']) =>
          command.toLowerCase(),
        ),
      ),
    );
    const granted = accessStrings.get(user)?.match(/\+[\w|]+/g) ?? [];
    expect(new Set(granted)).toEqual(
      new Set(['+eval', '+evalsha', '+cluster|slots', ...[...called].map((command) => `+${command}`)]),
    );
    const { hostname: host, port } = new URL(cluster.urls[0] ?? '');
    const client = new Redis({ host, port: Number(port), username: user, password, enableReadyCheck: false });
    const key = calls[0]?.keys[0] ?? '';
    for (const line of [
      ...forbidden,
      `EXPIRE ${key} 1`,
      `INCR ${key}`,
      `PERSIST ${key}`,
      `RENAME ${key} ${key}`,
    ]) {
      const [command = '', ...args] = line.split(' ');
      await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM/);
    }
    client.disconnect();
  });

  test('a task signs a new token for each node that it connects to', async () => {
    const rules = (accessStrings.get('inventory') ?? '').split(' ');
    await cluster.onAll('ACL', 'SETUSER', 'task', 'reset', 'nopass', ...rules);
    const iam = { user: 'task', cache: { name: 'c', kind: 'serverless' }, region: 'eu-west-1' } as const;
    let signed = 0;
    const store = openLimitStore(
      { url: cluster.urls[0] ?? '', topology: 'cluster', iam },
      {
        log: () => undefined,
        nowMs: () => {
          signed += 1;
          // Each token is long over when the next one is asked for.
          return signed * 3_600_000;
        },
        monotonicMs: () => performance.now(),
        credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
      },
    );
    const kinds: string[] = [];
    for (let copy = 0; copy < 12; copy += 1) {
      const call = { keys: [`gh:{stock:copy-${copy}}:product:p`], args: [] };
      kinds.push((await store.run(readStockScript, call, (reply) => ({ reply }))).kind);
    }
    store.close();
    expect(new Set(kinds)).toEqual(new Set(['ran']));
    expect(signed).toBeGreaterThanOrEqual(cluster.urls.length);
  });

  test('refuses a user that is not in the template', async () => {
    await expect(openConnection(addressOf('stranger'), () => undefined)).rejects.toThrow(
      /NOAUTH|WRONGPASS|startup nodes/,
    );
  });
});

test.runIf(process.env['REDIS_REQUIRED'] === '1')(
  'redis-server is installed where this suite must not be skipped',
  () => {
    expect(canSpawnRedis).toBe(true);
  },
);
