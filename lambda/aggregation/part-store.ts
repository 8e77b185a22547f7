import { createHash } from 'node:crypto';
import { leasePartScript, readPartScript, writePartScript } from '../shared/store/part-scripts.ts';
import type { Scripts } from '../shared/store/script-runner.ts';
import type { KeptPart, PartCache } from './ports.ts';

/** A longer body is not kept: it would hold up the store, and every reader would pay for it. */
const maxKeptBytes = 256 * 1024;

/**
 * Answers of parts in the shared store, each under the digest of its key, so that no key tells of a caller. A store
 * that is away has nothing, keeps nothing, and lets everybody ask.
 */
export function createPartStore(scripts: Scripts): PartCache {
  return {
    read: async (key) => {
      const { text } = keysOf(key);
      const outcome = await scripts.run(readPartScript, { keys: [text], args: [] }, decodeRead);
      return outcome.kind === 'ran' ? outcome.reply.kept : undefined;
    },
    write: async (key, body, { seconds, staleSeconds }) => {
      const { text, lease } = keysOf(key);
      // What is not kept leaves its lease to end by itself: its next reader asks without waiting for long.
      if (Buffer.byteLength(body) > maxKeptBytes) return;
      const args = [microseconds(seconds), microseconds(staleSeconds), body];
      await scripts.run(writePartScript, { keys: [text, lease], args }, decodeFlag);
    },
    lease: async (key, milliseconds) => {
      const { lease } = keysOf(key);
      const call = { keys: [lease], args: [`${Math.ceil(milliseconds * 1_000)}`] };
      const outcome = await scripts.run(leasePartScript, call, decodeFlag);
      return outcome.kind === 'failed' || outcome.reply === 1;
    },
    release: async (key) => {
      // A lease of no time at all takes the place of the one before.
      await scripts.run(leasePartScript, { keys: [keysOf(key).lease], args: ['0'] }, decodeFlag);
    },
  };
}

/** Both in one slot of a cluster. */
function keysOf(key: string): { readonly text: string; readonly lease: string } {
  const digest = createHash('sha256').update(key).digest('base64url');
  return { text: `gh:{part:${digest}}:text`, lease: `gh:{part:${digest}}:lease` };
}

function microseconds(seconds: number): string {
  return `${Math.ceil(seconds * 1_000_000)}`;
}

function decodeRead(reply: unknown): { readonly kept: KeptPart | undefined } | undefined {
  if (reply === null) return { kept: undefined };
  if (!Array.isArray(reply) || reply.length !== 3) return undefined;
  const [age, isFresh, body] = reply as readonly unknown[];
  if (typeof age !== 'number' || typeof body !== 'string') return undefined;
  return { kept: { body, ageSeconds: Math.floor(age / 1_000_000), isFresh: isFresh === 1 } };
}

function decodeFlag(reply: unknown): 0 | 1 | undefined {
  return reply === 0 || reply === 1 ? reply : undefined;
}
