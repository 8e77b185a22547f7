/** The script of `limit-script.ts` in memory: the same keys and arguments, the same reply. */

import { settleLeaseMicroseconds } from './limit-script.ts';
import { monthEndSeconds } from './quota-month.ts';

/** Texts by key, each with the microsecond at which it expires. */
export interface Entries {
  get(key: string): string | undefined;
  set(key: string, value: string, expiresAtMicroseconds: number): void;
}

interface CheckEvaluation {
  readonly result: number;
  readonly cut: boolean;
  readonly spends: boolean;
  readonly retry: number;
  /** Whether the caller has to settle the counter. */
  readonly unsettled?: boolean;
  /** Remaining, reset in microseconds, and the value to store; before or after the call was counted. */
  readonly state: (taken: boolean) => {
    readonly remaining: number;
    readonly reset: number;
    readonly value: string;
  };
}

/**
 * Runs one limit-store call.
 *
 * @param nowMicroseconds The limit store's clock.
 * @returns The script's reply: admitted, then five integers for each key.
 * @throws RangeError when the arguments are not those of the script.
 */
export function takeInMemory(
  entries: Entries,
  keys: readonly string[],
  args: readonly string[],
  nowMicroseconds: number,
): number[] {
  const next = argumentsOf(args);
  const writes = next.word() === 'take';
  const evaluated = keys.map((key) => {
    const held = entries.get(key);
    const first = next.word();
    const shadow = first === 'shadow';
    return {
      key,
      shadow,
      ...evaluateCheck(shadow ? next.word() : first, held, nowMicroseconds, next.number),
    };
  });
  const admitted = evaluated.every(({ result, shadow }) => result === 0 || shadow);
  const reply = [admitted ? 1 : 0];
  for (const { key, result, cut, spends, retry, unsettled, state } of evaluated) {
    const taken = writes && admitted && result === 0;
    const { remaining, reset, value } = state(taken);
    if (writes && (cut || (taken && spends))) entries.set(key, value, nowMicroseconds + reset);
    reply.push(result, remaining, reset, retry, writes && unsettled === true ? 1 : 0);
  }
  return reply;
}

function evaluateCheck(
  kind: string,
  held: string | undefined,
  now: number,
  number: () => number,
): CheckEvaluation {
  switch (kind) {
    case 'rate':
      return evaluateRate(held, now, { interval: number(), burst: number(), cost: number() });
    case 'quota':
      return evaluateQuota(counterOf(held, now, number()), now, number(), number());
    case 'charge':
      return charge(counterOf(held, now, number()), number(), number());
    case 'settle':
      return settle(counterOf(held, now, number()), number(), number());
    case 'nonce':
      return evaluateNonce(held, now, number());
    case 'revoked-before':
      return evaluateRevokedBefore(held, now, number());
    case 'revoke':
      return revoke(held, now, number(), number());
    default:
      throw new RangeError('ERR unknown check');
  }
}

function evaluateRate(
  held: string | undefined,
  now: number,
  { interval, burst, cost }: { readonly interval: number; readonly burst: number; readonly cost: number },
): CheckEvaluation {
  const most = interval * burst;
  const ahead = Math.max(Number(held ?? now) - now, 0);
  const used = Math.min(ahead, most);
  const spend = interval * cost;
  const result = evaluateCost(spend, most - used, most);
  return {
    result,
    cut: ahead > most,
    spends: spend > 0,
    retry: result === 1 ? used + spend - most : 0,
    state: (taken) => {
      const total = taken ? used + spend : used;
      return { remaining: Math.floor((most - total) / interval), reset: total, value: `${now + total}` };
    },
  };
}

/**
 * A monthly counter, with the microsecond from which the next caller has to settle it, if it is not settled.
 */
interface Counter {
  /** The month's end, in seconds. */
  readonly ends: number;
  readonly used: number;
  readonly settleAt: number | undefined;
  readonly cut: boolean;
  /** Microseconds to the month's end. */
  readonly left: number;
  value(used: number, settleAt: number | undefined): string;
}

function counterOf(held: string | undefined, now: number, startDay: number): Counter {
  const ends = monthEndSeconds(Math.floor(now / 1_000_000), startDay);
  const [heldEnds = 0, heldUsed = 0, heldSettleAt] = (held ?? '').split(' ').map(Number);
  const live = heldEnds * 1_000_000 > now;
  return {
    ends,
    used: live ? heldUsed : 0,
    settleAt: live ? heldSettleAt : 0,
    cut: live && heldEnds !== ends,
    left: ends * 1_000_000 - now,
    value: (used, settleAt) => [ends, used, ...(settleAt === undefined ? [] : [settleAt])].join(' '),
  };
}

function evaluateQuota(counter: Counter, now: number, most: number, cost: number): CheckEvaluation {
  const { used, left } = counter;
  const result = evaluateCost(Math.max(cost, 1), most - used, most);
  const unsettled = isSettleDue(counter.settleAt, now);
  const settleAt = unsettled ? now + settleLeaseMicroseconds : counter.settleAt;
  return {
    result,
    cut: counter.cut || unsettled,
    spends: cost > 0,
    unsettled,
    retry: result === 1 ? left : 0,
    state: (taken) => {
      const total = taken ? used + cost : used;
      return { remaining: Math.max(most - total, 0), reset: left, value: counter.value(total, settleAt) };
    },
  };
}

/** A lease further ahead than possible was set before the clock stepped back. */
function isSettleDue(settleAt: number | undefined, now: number): boolean {
  return settleAt !== undefined && (settleAt <= now || settleAt > now + settleLeaseMicroseconds);
}

function charge(counter: Counter, ends: number, amount: number): CheckEvaluation {
  const missing = counter.ends === ends ? Math.max(amount - counter.used, 0) : 0;
  return added(counter, missing, counter.value(counter.used + missing, counter.settleAt));
}

function settle(counter: Counter, ends: number, amount: number): CheckEvaluation {
  const isDue = counter.settleAt !== undefined && counter.ends === ends;
  const missing = isDue ? Math.max(amount - counter.used, 0) : 0;
  return added(counter, missing, counter.value(counter.used + missing, isDue ? undefined : counter.settleAt));
}

/** A counter that is added to, whatever it holds. */
function added(counter: Counter, amount: number, value: string): CheckEvaluation {
  const { used, settleAt, left: reset, cut } = counter;
  return {
    result: 0,
    cut,
    spends: true,
    retry: 0,
    state: (taken) => ({ remaining: amount, reset, value: taken ? value : counter.value(used, settleAt) }),
  };
}

function evaluateNonce(held: string | undefined, now: number, lifetime: number): CheckEvaluation {
  const left = Number(held ?? now) - now;
  return left > 0 ? heldFor(left, 2, '') : heldFor(lifetime, 0, `${now + lifetime}`);
}

function evaluateRevokedBefore(held: string | undefined, now: number, issued: number): CheckEvaluation {
  const { before, left } = revocation(held, now);
  return heldFor(left, issued < before ? 2 : 0, '');
}

function revoke(held: string | undefined, now: number, newBefore: number, lifetime: number): CheckEvaluation {
  const { before, left } = revocation(held, now);
  const longer = Math.max(left, lifetime);
  return heldFor(longer, 0, `${Math.max(before, newBefore)} ${now + longer}`);
}

/** The instant of a revocation and how long it is still remembered. */
function revocation(held: string | undefined, now: number) {
  const [before = 0, ends = 0] = (held ?? '').split(' ').map(Number);
  return ends > now ? { before, left: ends - now } : { before: 0, left: 0 };
}

/** A check that holds a value until a time, or with an empty value reads what is held. */
function heldFor(left: number, result: number, value: string): CheckEvaluation {
  return {
    result,
    cut: false,
    spends: value !== '',
    retry: 0,
    state: () => ({ remaining: 0, reset: left, value }),
  };
}

/** 0 passed, 1 refused, 2 never: more than the limit can ever give. */
function evaluateCost(cost: number, room: number, most: number): number {
  if (cost > most) return 2;
  return cost > room ? 1 : 0;
}

function argumentsOf(args: readonly string[]) {
  let position = 0;
  const word = (): string => args[position++] ?? '';
  return {
    word,
    number: (): number => {
      const text = word();
      const value = Number(text);
      if (text === '' || !Number.isFinite(value)) throw new RangeError('ERR not a number');
      return value;
    },
  };
}
