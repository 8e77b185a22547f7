import { createHash } from 'node:crypto';
import type { CloudEvent } from '../events/cloud-event.ts';
import type { ScriptOutcome, Scripts } from '../limit-store/script-runner.ts';
import {
  claimDeliveryScript,
  enterBacklogScript,
  finishDeliveryScript,
  leaveBacklogScript,
  releaseDeliveryScript,
} from '../limit-store/webhook-scripts.ts';

/** The identity of a delivery: an event by its source and id, and the key within which it stays in order. */
export type Delivery = Pick<CloudEvent, 'source' | 'id' | 'partitionkey'>;

export type Claim =
  /**
   * The caller owns the delivery now. When its key has a backlog, the event must not bypass the fallback
   * queue.
   */
  | { readonly kind: 'claimed'; readonly hasBacklog: boolean }
  | { readonly kind: 'in-progress'; readonly retryAfterSeconds: number }
  | { readonly kind: 'done' }
  /** The limit store does not answer. */
  | { readonly kind: 'unknown' };

/**
 * The state of webhook deliveries in the limit store. Nothing here rejects: without the limit store the state
 * is unknown and nothing is stored.
 */
export interface Deliveries {
  /** @param owner Unique for each attempt. */
  claim(delivery: Delivery, owner: string): Promise<Claim>;
  /** The event is stored: later deliveries of it are duplicates. */
  finish(delivery: Delivery): Promise<void>;
  /** The attempt has failed: the next one need not wait for the lease. */
  release(delivery: Delivery, owner: string): Promise<void>;
  /** Call before the event goes into the fallback queue. */
  enterBacklog(delivery: Delivery): Promise<void>;
  /** Call after the event went from the queue into the log, or was refused by the queue. */
  leaveBacklog(delivery: Delivery): Promise<void>;
}

/** Longer than the function's time-out, so that no running attempt loses its lease. */
export const leaseSeconds = 20;

/**
 * Stripe retries for three days (https://docs.stripe.com/webhooks#retries); the schedule of Standard Webhooks
 * is as long.
 */
const doneSeconds = 4 * 86_400;

/** The longest retention of an SQS queue. */
const backlogSeconds = 14 * 86_400;

export function createDeliveries(scripts: Scripts): Deliveries {
  return {
    claim: async (delivery, owner) => {
      const { event, backlog } = keysOf(delivery);
      const args = [owner, microseconds(leaseSeconds)];
      const call = { keys: [event, backlog], args };
      return claimOf(await scripts.run(claimDeliveryScript, call, decodeClaim));
    },
    finish: async (delivery) => {
      const call = { keys: [keysOf(delivery).event], args: [microseconds(doneSeconds)] };
      await scripts.run(finishDeliveryScript, call, decodeCount);
    },
    release: async (delivery, owner) => {
      const call = { keys: [keysOf(delivery).event], args: [owner] };
      await scripts.run(releaseDeliveryScript, call, decodeCount);
    },
    enterBacklog: async (delivery) => {
      const args = [digestOf(delivery.id), microseconds(backlogSeconds)];
      await scripts.run(enterBacklogScript, { keys: [keysOf(delivery).backlog], args }, decodeCount);
    },
    leaveBacklog: async (delivery) => {
      const call = { keys: [keysOf(delivery).backlog], args: [digestOf(delivery.id)] };
      await scripts.run(leaveBacklogScript, call, decodeCount);
    },
  };
}

/** The group of a FIFO queue within which events stay in order; letters and digits, whatever the key. */
export function orderGroupOf({ source, partitionkey }: Delivery): string {
  return digestOf(`${source} ${partitionkey}`);
}

/** The id by which a FIFO queue detects duplicates. */
export function deduplicationIdOf({ source, id }: Delivery): string {
  return digestOf(`${source} ${id}`);
}

/** Both keys are in one slot of a cluster. They are digests, so that no key reveals a payment. */
function keysOf(delivery: Delivery): { readonly event: string; readonly backlog: string } {
  const tag = `gh:{webhook:${orderGroupOf(delivery)}}`;
  return { event: `${tag}:event:${digestOf(delivery.id)}`, backlog: `${tag}:backlog` };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function microseconds(seconds: number): string {
  return `${seconds * 1_000_000}`;
}

function claimOf(outcome: ScriptOutcome<readonly [number, number, number]>): Claim {
  if (outcome.kind === 'failed') return { kind: 'unknown' };
  const [state, leftMicroseconds, backlog] = outcome.reply;
  if (state === 0) return { kind: 'claimed', hasBacklog: backlog === 1 };
  if (state === 2) return { kind: 'done' };
  return { kind: 'in-progress', retryAfterSeconds: Math.max(Math.ceil(leftMicroseconds / 1_000_000), 1) };
}

function decodeClaim(reply: unknown): readonly [number, number, number] | undefined {
  if (!Array.isArray(reply) || reply.length !== 3) return undefined;
  const [state, left, backlog] = reply as readonly unknown[];
  if (typeof state !== 'number' || typeof left !== 'number' || typeof backlog !== 'number') return undefined;
  return [state, left, backlog];
}

function decodeCount(reply: unknown): number | undefined {
  return typeof reply === 'number' ? reply : undefined;
}
