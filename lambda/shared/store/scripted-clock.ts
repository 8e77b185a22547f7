import { randomUUID } from 'node:crypto';
import type { Redis } from 'iovalkey';
import { executeInMemory } from './memory-script.ts';
import { MemoryEntries } from './memory-store.ts';
import { takeScript } from './script.ts';
import type { StoreAnswer, StoreCall } from './store.ts';
import { decodeReply, encodeCall } from './wire.ts';

/** A store whose clock the test moves, in microseconds since the epoch; one for the script, one for its twin. */
export interface ScriptedStore {
  take(call: StoreCall, nowMicroseconds: number): Promise<StoreAnswer>;
  reset(): Promise<void>;
}

export function scriptedMemory(): ScriptedStore {
  let entries = new MemoryEntries(10_000);
  return {
    take: (call, now) => {
      const { keys, args } = encodeCall(call);
      return Promise.resolve(answerOf(executeInMemory(entries, keys, args, now), call));
    },
    reset: () => {
      entries = new MemoryEntries(10_000);
      return Promise.resolve();
    },
  };
}

/**
 * The script itself on a real server, but for its clock, which is two arguments more, and its expiry, which would
 * follow the real clock.
 */
export function scriptedRedis(redis: Redis): ScriptedStore {
  const source = replaceOnce(
    replaceOnce(takeScript.source, "redis.call('TIME')", '{ ARGV[#ARGV - 1], ARGV[#ARGV] }'),
    ", 'PX', math.ceil(check.reset() / 1000) + 1)",
    ')',
  );
  // The server may hold somebody's data: only these keys are touched, and they are taken away again.
  const written = new Set<string>();
  const run = randomUUID();
  return {
    take: async (call, now) => {
      const { keys, args } = encodeCall({ ...call, caller: `${run}:${call.caller}` });
      for (const key of keys) written.add(key);
      const clock = [`${Math.floor(now / 1_000_000)}`, `${now % 1_000_000}`];
      return answerOf(await redis.eval(source, keys.length, ...keys, ...args, ...clock), call);
    },
    reset: async () => {
      if (written.size > 0) await redis.del(...written);
      written.clear();
    },
  };
}

function replaceOnce(text: string, part: string, by: string): string {
  if (text.split(part).length !== 2) throw new Error(`The script does not hold exactly one "${part}".`);
  return text.replace(part, () => by);
}

function answerOf(reply: unknown, call: StoreCall): StoreAnswer {
  const answer = decodeReply(reply, call.checks.length);
  if (answer === undefined) throw new Error(`Not a reply of the script: ${JSON.stringify(reply)}`);
  return answer;
}
