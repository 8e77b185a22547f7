import { randomUUID } from 'node:crypto';
import { Redis } from 'iovalkey';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { MemoryEntries } from '../in-memory-entries.ts';
import { inMemoryScripts } from '../in-memory-scripts.ts';
import type { Script, ScriptCall } from '../script-runner.ts';
import { hasRedis, redisNote, startRedis, type TestRedis } from './redis-server.ts';

/** Runs the scripts with a clock that the test moves, in microseconds since the epoch. */
export interface ScriptsWithTestClock {
  run(script: Script, call: ScriptCall, nowMicroseconds: number): Promise<unknown>;
  reset(): Promise<void>;
}

/**
 * The scripts in memory and on a real server, for `describe.each` and for comparison, in the file that calls
 * this at its top level: each of its tests starts empty. When `hasRedis` is false, only those in memory run.
 *
 * @param serverTitle The real server's name in the titles.
 */
export function scriptsWithTestClock(serverTitle: string, scripts = inMemoryScripts) {
  let server: TestRedis | undefined;
  let client: Redis | undefined;
  const redis = () => {
    if (client === undefined) throw new Error('No server was started.');
    return client;
  };
  const [memory, script] = [inMemoryScriptsWithTestClock(scripts), redisScriptEngine(redis)];
  beforeAll(async () => {
    if (!hasRedis) return;
    server = await startRedis();
    client = new Redis(server.url);
  });
  afterEach(() => Promise.all([memory.reset(), script.reset()]));
  afterAll(async () => {
    client?.disconnect();
    await server?.close();
  });
  const stores = [
    { name: 'in memory', engine: memory, runs: true },
    { name: `${serverTitle}${redisNote}`, engine: script, runs: hasRedis },
  ];
  return { memory, script, redis, stores };
}

export function inMemoryScriptsWithTestClock(scripts = inMemoryScripts): ScriptsWithTestClock {
  let entries = new MemoryEntries(10_000);
  return {
    run: (script, { keys, args }, now) => {
      const twin = scripts.find((candidate) => candidate.script === script);
      if (twin === undefined) throw new Error('The script has no in-memory twin.');
      return Promise.resolve(twin.execute(entries, keys, args, now));
    },
    reset: () => {
      entries = new MemoryEntries(10_000);
      return Promise.resolve();
    },
  };
}

/**
 * The scripts with a test clock, passed as two more arguments, and without expiry, which uses the server's
 * clock.
 */
function redisScriptEngine(redis: () => Redis): ScriptsWithTestClock {
  // The server may hold other data: the tests only touch these keys, and delete them again.
  const written = new Set<string>();
  const run = randomUUID();
  return {
    run: ({ source }, { keys, args }, now) => {
      const own = keys.map((key) => `${run}:${key}`);
      for (const key of own) written.add(key);
      const clock = [`${Math.floor(now / 1_000_000)}`, `${now % 1_000_000}`];
      const timed = replaceOnce(source, "redis.call('TIME')", '{ ARGV[#ARGV - 1], ARGV[#ARGV] }');
      const kept = replaceOnce(timed, /, 'PX', math\.ceil\(\S+ \/ 1000\) \+ 1\)/, ')');
      return redis().eval(kept, own.length, ...own, ...args, ...clock);
    },
    reset: async () => {
      if (written.size > 0) await redis().del(...written);
      written.clear();
    },
  };
}

function replaceOnce(text: string, part: string | RegExp, by: string): string {
  if (text.split(part).length !== 2)
    throw new Error(`The script does not contain exactly one "${String(part)}".`);
  return text.replace(part, () => by);
}
