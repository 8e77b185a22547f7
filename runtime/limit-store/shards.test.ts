import { beforeEach, expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';
import { ScriptRunner } from './script-runner.ts';
import { luaScript } from './script-text.ts';
import type { Connection } from './valkey-connection.ts';

const script = luaScript('return 1');
let now: number;
let unavailable: ReadonlySet<string>;
/** Keys that reached a shard, and the connections that were opened and closed. */
let asked: string[];
let opened: number;
let closed: number;

/** A cluster of two shards, selected by the first letter of the key. */
async function open(): Promise<Connection> {
  opened += 1;
  const shardOf = (key: string) => key[0] ?? '';
  const evalsha = async (_sha1: string, [key = '']: readonly string[]) => {
    asked.push(key);
    if (unavailable.has(shardOf(key))) throw new Error('unavailable');
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
  unavailable = new Set();
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

test('skips an unavailable shard, and answers the callers of the others', async () => {
  const scripts = runner();
  await kindOf(scripts, 'b');
  unavailable = new Set(['a']);
  for (let i = 0; i < 50; i += 1) {
    expect([await kindOf(scripts, `a${i}`), await kindOf(scripts, `b${i}`)]).toEqual(['failed', 'ran']);
  }
  expect(asked.filter((key) => key.startsWith('a'))).toHaveLength(3);
});

test('detects a recovered shard with one probe, over a new connection', async () => {
  const scripts = runner();
  await kindOf(scripts, 'b');
  unavailable = new Set(['a']);
  for (let i = 0; i < 5; i += 1) await kindOf(scripts, 'a');
  await settle();
  expect([opened, closed]).toEqual([2, 1]);
  expect(await kindOf(scripts, 'b')).toBe('ran');
  unavailable = new Set();
  expect(await kindOf(scripts, 'a')).toBe('failed');
  now = 1_000;
  expect([await kindOf(scripts, 'a'), await kindOf(scripts, 'a')]).toEqual(['ran', 'ran']);
  expect([opened, closed]).toEqual([2, 1]);
});
