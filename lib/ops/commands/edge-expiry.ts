import { usageError } from './ops-error.ts';
import type { OpsPorts } from './session.ts';

export interface ExpiryOption {
  readonly until?: string;
}

/** Expiry of an edge switch in seconds since 1970: a future time, or 0 for never. */
export function expiryOf({ until }: ExpiryOption, ports: OpsPorts): number {
  if (until === undefined) return 0;
  const at = Date.parse(until);
  if (at <= ports.now()) throw usageError(`--until ${until} is in the past.`, 'Give a future time.');
  return Math.floor(at / 1_000);
}

/** Whether the switch has expired. */
export const hasExpired = (until: number, now: number) => until !== 0 && until * 1_000 <= now;

export const dateOf = (seconds: number) => new Date(seconds * 1_000).toISOString();
