import { randomUUID } from 'node:crypto';
import type { TestContext } from 'vitest';
import type { Claims, Target } from './target.ts';

/** What the cases know of the gateway that they talk to. */
export interface Running {
  readonly target: Target;
  /** Name of the environment that the target was made from. */
  readonly environment: string;
  /** Callers' own addresses, on and off the operators' list; undefined where they cannot be chosen. */
  readonly addresses: { readonly operator: string; readonly stranger: string } | undefined;
}

/** A query that nobody has asked before, so that no cache has its answer. */
export function unique(): string {
  return `nonce=${randomUUID()}`;
}

/** A user that nobody has been before, with untouched limits. */
export function uniqueUser(): string {
  return `user-${randomUUID().slice(0, 13)}`;
}

/** The header of a fresh token. */
export async function bearer(target: Target, claims: Claims): Promise<readonly [string, string]> {
  return ['Authorization', `Bearer ${await target.token(claims)}`];
}

let addressesUsed = 0;

/**
 * An address of this machine that has called nobody yet, so that anonymous cases do not use up each other's limit.
 * Linux answers on all of 127.0.0.0/8; elsewhere there is only one and the result is undefined.
 */
export function anyAddress(target: Target): string | undefined {
  if (process.platform !== 'linux' || new URL(target.url).hostname !== '127.0.0.1') return undefined;
  addressesUsed += 1;
  return `127.1.${Math.floor(addressesUsed / 250)}.${(addressesUsed % 250) + 1}`;
}

/** Leaves a test out and says why. */
export function skip(test: TestContext, reason: string): never {
  console.log(`Skipped: ${test.task.name}. ${reason}`);
  test.skip(reason);
}
