import { usageError } from './ops-error.ts';
import type { OpsPorts } from './session.ts';

export interface ExpiryOption {
  readonly until?: string;
}

/** When what the edge refuses ends by itself, in seconds since 1970: a date to come, or 0 for never. */
export function expiryOf({ until }: ExpiryOption, ports: OpsPorts): number {
  if (until === undefined) return 0;
  const at = Date.parse(until);
  if (at <= ports.now()) throw usageError(`--until ${until} is past.`, 'Give a date to come.');
  return Math.floor(at / 1_000);
}

/** Whether it has ended by itself. */
export const hasExpired = (until: number, now: number) => until !== 0 && until * 1_000 <= now;

export const dateOf = (seconds: number) => new Date(seconds * 1_000).toISOString();
