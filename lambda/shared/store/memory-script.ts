/** The script of `script.ts` on a map in memory: the same keys and arguments in, the same reply out. */

/** Texts by key, each with the microsecond after which it means nothing any more. */
export interface Entries {
  get(key: string): string | undefined;
  set(key: string, value: string, expiresAtMicroseconds: number): void;
}

interface Judged {
  readonly verdict: number;
  readonly cut: boolean;
  readonly spends: boolean;
  readonly retry: number;
  /** Remaining, reset in microseconds, and the value to keep; before or after the call took its share. */
  state(taken: boolean): { readonly remaining: number; readonly reset: number; readonly value: string };
}

/**
 * Runs one store call.
 *
 * @param nowMicroseconds The store's clock.
 * @returns The script's reply: admitted, then four integers for each key.
 * @throws RangeError when the arguments are not those of the script.
 */
export function executeInMemory(
  entries: Entries,
  keys: readonly string[],
  args: readonly string[],
  nowMicroseconds: number,
): number[] {
  const next = argumentsOf(args);
  const judged = keys.map((key) => {
    const held = entries.get(key);
    switch (next.word()) {
      case 'rate':
        return judgeRate(held, nowMicroseconds, next.number(), next.number(), next.number());
      case 'quota':
        return judgeQuota(held, nowMicroseconds, next.number(), next.number());
      case 'nonce':
        return judgeNonce(held, nowMicroseconds, next.number());
      case 'revoked-before':
        return judgeRevokedBefore(held, nowMicroseconds, next.number());
      case 'revoke':
        return revoke(held, nowMicroseconds, next.number(), next.number());
      default:
        throw new RangeError('ERR unknown check');
    }
  });
  const admitted = judged.every(({ verdict }) => verdict === 0);
  const reply = [admitted ? 1 : 0];
  for (const [index, check] of judged.entries()) {
    const { remaining, reset, value } = check.state(admitted);
    if (check.cut || (admitted && check.spends)) {
      entries.set(keys[index] ?? '', value, nowMicroseconds + reset);
    }
    reply.push(check.verdict, remaining, reset, check.retry);
  }
  return reply;
}

function judgeRate(
  held: string | undefined,
  now: number,
  interval: number,
  burst: number,
  cost: number,
): Judged {
  const most = interval * burst;
  const ahead = Math.max(Number(held ?? now) - now, 0);
  const used = Math.min(ahead, most);
  const spend = interval * cost;
  const verdict = judge(spend, most - used, most);
  return {
    verdict,
    cut: ahead > most,
    spends: spend > 0,
    retry: verdict === 1 ? used + spend - most : 0,
    state: (taken) => {
      const total = taken ? used + spend : used;
      return { remaining: Math.floor((most - total) / interval), reset: total, value: `${now + total}` };
    },
  };
}

function judgeQuota(held: string | undefined, now: number, most: number, cost: number): Judged {
  const ends = monthEndSeconds(now);
  const [heldEnds = 0, heldUsed = 0] = (held ?? '').split(' ').map(Number);
  const live = heldEnds * 1_000_000 > now;
  const used = live ? heldUsed : 0;
  const reset = ends * 1_000_000 - now;
  const verdict = judge(cost, most - used, most);
  return {
    verdict,
    cut: live && heldEnds !== ends,
    spends: cost > 0,
    retry: verdict === 1 ? reset : 0,
    state: (taken) => {
      const total = taken ? used + cost : used;
      return { remaining: Math.max(most - total, 0), reset, value: `${ends} ${total}` };
    },
  };
}

function judgeNonce(held: string | undefined, now: number, lifetime: number): Judged {
  const left = Number(held ?? now) - now;
  return left > 0 ? heldFor(left, 2, '') : heldFor(lifetime, 0, `${now + lifetime}`);
}

function judgeRevokedBefore(held: string | undefined, now: number, issued: number): Judged {
  const { before, left } = revocation(held, now);
  return heldFor(left, issued < before ? 2 : 0, '');
}

function revoke(held: string | undefined, now: number, newBefore: number, lifetime: number): Judged {
  const { before, left } = revocation(held, now);
  const longer = Math.max(left, lifetime);
  return heldFor(longer, 0, `${Math.max(before, newBefore)} ${now + longer}`);
}

/** The instant of a revocation and how long it is still remembered. */
function revocation(held: string | undefined, now: number) {
  const [before = 0, ends = 0] = (held ?? '').split(' ').map(Number);
  return ends > now ? { before, left: ends - now } : { before: 0, left: 0 };
}

/** A check that holds something until a time, or with an empty value asks for what is held. */
function heldFor(left: number, verdict: number, value: string): Judged {
  return {
    verdict,
    cut: false,
    spends: value !== '',
    retry: 0,
    state: () => ({ remaining: 0, reset: left, value }),
  };
}

/** 0 passed, 1 refused, 2 never: more than the limit can ever give. */
function judge(cost: number, room: number, most: number): number {
  if (cost > most) return 2;
  return cost > room ? 1 : 0;
}

function monthEndSeconds(nowMicroseconds: number): number {
  const now = new Date(Math.floor(nowMicroseconds / 1_000));
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) / 1_000;
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
