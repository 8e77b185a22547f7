/** The one question that the gateway asks of its shared store on each call, and the answer. */

/** A rate with a bucket (GCRA): one request every `periodSeconds / requests`, and `burst` at once after a pause. */
export interface RateCheck {
  readonly kind: 'rate';
  /** What is counted, inside the caller's own key space. */
  readonly name: string;
  readonly requests: number;
  readonly periodSeconds: number;
  readonly burst: number;
  /** What this call weighs; 0 looks without taking. */
  readonly cost: number;
}

/** A month: from a day of one calendar month to the same day of the next, or to the last of a shorter one; in UTC. */
export interface MonthCheck {
  readonly name: string;
  /** From 1 to 31; 1 is the calendar month. */
  readonly startDay: number;
}

/** A counter of the month by the store's clock. */
export interface QuotaCheck extends MonthCheck {
  readonly kind: 'quota';
  readonly perMonth: number;
  /** What this call weighs; 0 takes nothing, and passes while anything is left. */
  readonly cost: number;
}

/**
 * Not a question: raises a quota's counter to what the month has used by now, be it over. To the higher of the two and
 * not by the sum, so that it may be said twice, late, or after a later one. It always passes. What remains in the
 * answer is what was missing.
 */
export interface Charge extends MonthCheck {
  readonly kind: 'charge';
  /** Of the month that is meant; in another one nothing changes. Seconds since the epoch. */
  readonly monthEndSeconds: number;
  /** Of the whole month so far. */
  readonly amount: number;
}

/** As a charge, but for a counter that the store has lost, and once for each: where it is settled nothing changes. */
export interface Settle extends MonthCheck {
  readonly kind: 'settle';
  readonly monthEndSeconds: number;
  readonly amount: number;
}

/** A text that may be used once: the nonce of a signature. Refused for good while it is remembered. */
export interface NonceCheck {
  readonly kind: 'nonce';
  readonly name: string;
  /** How long it is remembered: for as long as what it came with would be taken. */
  readonly lifetimeSeconds: number;
}

/** Refuses for good what was issued before an instant that a `revoke` has set under the same name. */
export interface RevokedBeforeCheck {
  readonly kind: 'revoked-before';
  readonly name: string;
  /** Seconds since the epoch; 0 is before every instant. */
  readonly issuedAtSeconds: number;
}

/** Not a question: sets the instant of the checks above. It always passes, and never moves one back. */
export interface Revoke {
  readonly kind: 'revoke';
  readonly name: string;
  /** Seconds since the epoch; what was issued at this instant or later stays good. */
  readonly beforeSeconds: number;
  /** How long it is remembered: for as long as what it revokes would live. */
  readonly lifetimeSeconds: number;
}

/** Any of them. In `shadow` it is judged, and taken where it passes, but refuses nobody. */
export type Check = (RateCheck | QuotaCheck | Charge | Settle | NonceCheck | RevokedBeforeCheck | Revoke) & {
  readonly shadow?: boolean;
};

export interface LimitStoreRequest {
  /** Who is counted. All keys of one call carry it as their hash tag, so that a cluster keeps them in one slot. */
  readonly caller: string;
  readonly checks: readonly Check[];
  /** Judge as ever and write nothing. */
  readonly peek?: boolean;
}

/**
 * `never`: waiting is of no use. The cost is above what the limit can ever give, the nonce was used, or the credential
 * is revoked.
 */
export type CheckResult = 'passed' | 'refused' | 'never';

/**
 * The state of one check after the call. Times are whole microseconds from the store's now. A nonce or a revocation
 * has nothing remaining, and its reset is when it is forgotten; 0 when nothing is held.
 */
export interface CheckState {
  readonly result: CheckResult;
  readonly remaining: number;
  /** Until a rate is whole again, or until the month ends. */
  readonly resetMicroseconds: number;
  /** Until the same call would pass; 0 unless `refused`. */
  readonly retryMicroseconds: number;
  /**
   * Of a quota: its counter begins with this call or was lost, and the asker is the one to settle it. Told to one asker
   * every few seconds until somebody does.
   */
  readonly needsSettlement: boolean;
}

/** All or nothing: `admitted` is false when a check that is not in shadow did not pass; then nothing was taken. */
export interface LimitStoreReply {
  readonly kind: 'answered';
  readonly admitted: boolean;
  /** One for each check of the call, in its order. */
  readonly states: readonly CheckState[];
}

export interface LimitStoreFailure {
  readonly kind: 'failed';
  /** For the log: `circuit-open`, or the error's message. */
  readonly reason: string;
  /** Whether it was the budget that ended. */
  readonly timedOut?: boolean;
}

/** Never throws: a store that is away is an answer of its own. */
export interface LimitStore {
  take(call: LimitStoreRequest): Promise<LimitStoreReply | LimitStoreFailure>;
}
