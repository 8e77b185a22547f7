import { createHash } from 'node:crypto';
import type { Check, CheckResult, CheckState, LimitStoreReply, LimitStoreRequest } from './limit-store.ts';
import type { ScriptCall } from './script-runner.ts';

const results: readonly CheckResult[] = ['passed', 'refused', 'never'];

/** Encodes a call for the script of `limit-script.ts`, or for its in-memory equivalent. */
export function encodeCall({ caller, checks, peek = false }: LimitStoreRequest): ScriptCall {
  const keys: string[] = [];
  const args = [peek ? 'peek' : 'take'];
  for (const check of checks) {
    keys.push(`gh:{${caller}}:${keySpaces[check.kind]}:${bounded(check.name)}`);
    if (check.shadow === true) args.push('shadow');
    args.push(...encodeCheck(check));
  }
  return { keys, args };
}

/** Longer names are replaced by their digest: some come from the caller, such as the id of a token. */
const longestName = 256;

function bounded(name: string): string {
  return name.length <= longestName ? name : createHash('sha256').update(name).digest('base64url');
}

/** Checks that write and read the same state share one key. */
const keySpaces: Readonly<Record<Check['kind'], string>> = {
  rate: 'rate',
  quota: 'quota',
  charge: 'quota',
  settle: 'quota',
  nonce: 'nonce',
  'revoked-before': 'revoked',
  revoke: 'revoked',
};

/**
 * Whole microseconds between two requests of a rate, rounded up, so that a limit never admits more than
 * declared. At a thousand requests a second the rounding costs the caller less than a thousandth.
 */
export function emissionIntervalMicroseconds(rate: { requests: number; periodSeconds: number }): number {
  return Math.ceil((rate.periodSeconds * 1_000_000) / rate.requests);
}

const integersPerCheck = 5;

/** Decodes the script's reply; undefined when it is malformed. */
export function decodeReply(reply: unknown, checks: number): LimitStoreReply | undefined {
  if (!isIntegers(reply) || reply.length !== 1 + integersPerCheck * checks) return undefined;
  const states: CheckState[] = [];
  for (let at = 1; at < reply.length; at += integersPerCheck) {
    const result = results[reply[at] ?? -1];
    if (result === undefined) return undefined;
    states.push({
      result,
      remaining: reply[at + 1] ?? 0,
      resetMicroseconds: reply[at + 2] ?? 0,
      retryMicroseconds: reply[at + 3] ?? 0,
      needsSettlement: reply[at + 4] === 1,
    });
  }
  return { kind: 'answered', admitted: reply[0] === 1, states };
}

function encodeCheck(check: Check): string[] {
  switch (check.kind) {
    case 'rate':
      return ['rate', `${emissionIntervalMicroseconds(check)}`, `${check.burst}`, `${check.cost}`];
    case 'quota':
      return ['quota', `${check.startDay}`, `${check.perMonth}`, `${check.cost}`];
    case 'charge':
      return ['charge', `${check.startDay}`, `${check.monthEndSeconds}`, `${check.amount}`];
    case 'settle':
      return ['settle', `${check.startDay}`, `${check.monthEndSeconds}`, `${check.amount}`];
    case 'nonce':
      return ['nonce', lifetime(check)];
    case 'revoked-before':
      return ['revoked-before', `${check.issuedAtSeconds}`];
    default:
      return ['revoke', `${Math.ceil(check.beforeSeconds)}`, lifetime(check)];
  }
}

/** In whole microseconds, and at least one. */
function lifetime({ lifetimeSeconds }: { readonly lifetimeSeconds: number }): string {
  return `${Math.max(Math.ceil(lifetimeSeconds * 1_000_000), 1)}`;
}

function isIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger);
}
