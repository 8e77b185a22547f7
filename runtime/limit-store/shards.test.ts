import { beforeEach, expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';
import { ScriptRunner } from './script-runner.ts';
import { luaScript } from './script-text.ts';
import type { Connection } from './valkey-connection.ts';

const script = luaScript('return 1');
let now: number;
let away: ReadonlySet<string>;
/** Keys that reached a shard, and the connections that were opened and closed. */
let asked: string[];
let opened: number;
let closed: number;

/** A cluster of two shards, named by the first letter of their keys. */
async function open(): Promise<Connection> {
  opened += 1;
  const shardOf = (key: string) => key[0] ?? '';
  const evalsha = async (_sha1: string, [key = '']: readonly string[]) => {
    asked.push(key);
    if (away.has(shardOf(key))) throw new Error('away');
    return 1;
  };
  return {
    evalsha,
    eval: async () => 1,
    shardOf,
    close: () => {
      closed += 1;
    },
  };
}

beforeEach(() => {
  [now, asked, opened, closed] = [0, [], 0, 0];
  away = new Set();
});

const runner = () =>
  new ScriptRunner({
    open,
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => now,
    budgetMilliseconds: 10_000,
    onFailure: () => undefined,
  });

const kindOf = async (scripts: ScriptRunner, key: string) =>
  (await scripts.run(script, { keys: [key], args: [] }, () => 'ran')).kind;
const settle = () => new Promise((done) => setImmediate(done));

test('a shard that is away is spared, and the callers of the others are answered', async () => {
  const scripts = runner();
  await kindOf(scripts, 'b');
  away = new Set(['a']);
  for (let i = 0; i < 50; i += 1) {
    expect([await kindOf(scripts, `a${i}`), await kindOf(scripts, `b${i}`)]).toEqual(['failed', 'ran']);
  }
  expect(asked.filter((key) => key.startsWith('a'))).toHaveLength(3);
});

test('a shard that is back is found by one probe, over a new connection', async () => {
  const scripts = runner();
  await kindOf(scripts, 'b');
  away = new Set(['a']);
  for (let i = 0; i < 5; i += 1) await kindOf(scripts, 'a');
  await settle();
  expect([opened, closed]).toEqual([2, 1]);
  expect(await kindOf(scripts, 'b')).toBe('ran');
  away = new Set();
  expect(await kindOf(scripts, 'a')).toBe('failed');
  now = 1_000;
  expect([await kindOf(scripts, 'a'), await kindOf(scripts, 'a')]).toEqual(['ran', 'ran']);
  expect([opened, closed]).toEqual([2, 1]);
});
