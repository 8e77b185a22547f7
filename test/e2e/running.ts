import { randomUUID } from 'node:crypto';
import type { TestContext } from 'vitest';
import type { Claims, Target } from './target.ts';

/** The gateway under test, with the facts that the cases need. */
export interface Running {
  readonly target: Target;
  /** Name of the environment that the target was deployed from. */
  readonly environment: string;
  /** Source addresses on and off the operators' list; undefined if the caller cannot choose its address. */
  readonly addresses: { readonly operator: string; readonly stranger: string } | undefined;
}

/** A query that no earlier call has used, so that no cache has its answer. */
export function unique(): string {
  return `nonce=${randomUUID()}`;
}

/** A new user id, with unused limits. */
export function uniqueUser(): string {
  return `user-${randomUUID().slice(0, 13)}`;
}

/** The Authorization header with a new token. */
export async function bearer(target: Target, claims: Claims): Promise<readonly [string, string]> {
  return ['Authorization', `Bearer ${await target.token(claims)}`];
}

let addressesUsed = 0;

/**
 * A new source address of this machine, so that anonymous cases do not exhaust each other's limit.
 * Linux answers on all of 127.0.0.0/8. Other systems have one address, and the result is undefined.
 */
export function anyAddress(target: Target): string | undefined {
  if (process.platform !== 'linux' || new URL(target.url).hostname !== '127.0.0.1') return undefined;
  addressesUsed += 1;
  return `127.1.${Math.floor(addressesUsed / 250)}.${(addressesUsed % 250) + 1}`;
}

/** Skips a test and prints the reason. */
export function skip(context: TestContext, reason: string): never {
  console.log(`Skipped: ${context.task.name}. ${reason}`);
  context.skip(reason);
}
