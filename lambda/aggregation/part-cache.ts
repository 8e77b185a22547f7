import { createHash } from 'node:crypto';
import {
  endPartScript,
  leasePartScript,
  readPartScript,
  watchPartScript,
  writePartScript,
} from '../../runtime/limit-store/part-scripts.ts';
import type { Scripts } from '../../runtime/limit-store/script-runner.ts';
import type { CachedPart, PartCache, SharedPartResult } from './ports.ts';
import { decodeSharedPartResult, encodeSharedPartResult } from './shared-part-result.ts';

/** A longer body is not cached: it would slow down the limit store and every reader. */
const maxCachedBytes = 256 * 1024;

/**
 * Answers of parts in the shared limit store, each under the digest of its key, so that no key reveals a
 * caller. While the limit store is unavailable, it returns and keeps nothing, and lets every caller send a
 * request.
 */
export function createPartCache(scripts: Scripts): PartCache {
  return {
    read: async (key) => {
      const { text } = keysOf(key);
      const outcome = await scripts.run(readPartScript, { keys: [text], args: [] }, decodeRead);
      return outcome.kind === 'ran' ? outcome.reply.cached : undefined;
    },
    write: async (key, body, { seconds, staleSeconds }) => {
      const { text, lease } = keysOf(key);
      if (Buffer.byteLength(body) > maxCachedBytes)
        return await end(scripts, key, { kind: 'unshared' }, true);
      const args = [microseconds(seconds), microseconds(staleSeconds), body];
      await scripts.run(writePartScript, { keys: [text, lease], args }, decodeFlag);
    },
    lease: async (key, milliseconds) => {
      const { lease } = keysOf(key);
      const call = { keys: [lease], args: [`${Math.ceil(milliseconds * 1_000)}`] };
      const outcome = await scripts.run(leasePartScript, call, decodeFlag);
      return outcome.kind === 'failed' || outcome.reply === 1;
    },
    watch: async (key) => {
      const keys = keysOf(key);
      const outcome = await scripts.run(
        watchPartScript,
        { keys: [keys.text, keys.end], args: [] },
        decodeWatch,
      );
      return outcome.kind === 'ran' ? outcome.reply : { cached: undefined, ended: undefined };
    },
    end: (key, how, drops) => end(scripts, key, how, drops),
  };
}

/** Longer than any caller waits for another's request: a route may take 29 s. */
const sharedResultSeconds = 30;

async function end(scripts: Scripts, key: string, how: SharedPartResult, drops: boolean): Promise<void> {
  const { text, lease, end: ended } = keysOf(key);
  const args = [microseconds(sharedResultSeconds), drops ? '1' : '0', encodeSharedPartResult(how)];
  await scripts.run(endPartScript, { keys: [text, lease, ended], args }, decodeFlag);
}

/** All keys are in one slot of a cluster. */
function keysOf(key: string): { readonly text: string; readonly lease: string; readonly end: string } {
  const tag = `gh:{part:${createHash('sha256').update(key).digest('base64url')}}`;
  return { text: `${tag}:text`, lease: `${tag}:lease`, end: `${tag}:end` };
}

function microseconds(seconds: number): string {
  return `${Math.ceil(seconds * 1_000_000)}`;
}

function decodeRead(reply: unknown): { readonly cached: CachedPart | undefined } | undefined {
  if (reply === null) return { cached: undefined };
  if (!Array.isArray(reply) || reply.length !== 3) return undefined;
  const cached = cachedPartOf(reply);
  return cached === undefined ? undefined : { cached };
}

function cachedPartOf([age, isFresh, body]: readonly unknown[]): CachedPart | undefined {
  if (typeof age !== 'number' || age < 0 || typeof body !== 'string') return undefined;
  return { body, ageSeconds: Math.floor(age / 1_000_000), isFresh: isFresh === 1 };
}

function decodeWatch(reply: unknown): Awaited<ReturnType<PartCache['watch']>> | undefined {
  if (!Array.isArray(reply) || reply.length !== 5) return undefined;
  const [age, note] = reply.slice(3) as readonly unknown[];
  const end = typeof note === 'string' ? decodeSharedPartResult(note) : undefined;
  const isThere = typeof age === 'number' && age >= 0 && end !== undefined;
  return { cached: cachedPartOf(reply), ended: isThere ? { end, ageMilliseconds: age / 1_000 } : undefined };
}

function decodeFlag(reply: unknown): 0 | 1 | undefined {
  return reply === 0 || reply === 1 ? reply : undefined;
}
