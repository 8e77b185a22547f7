/** The limit-store call that the gateway makes for each request, and its result. */

/**
 * A rate with a bucket (GCRA): one request every `periodSeconds / requests`, and `burst` at once after a
 * pause.
 */
export interface RateCheck {
  readonly kind: 'rate';
  /** Name of the counter within the caller's key space. */
  readonly name: string;
  readonly requests: number;
  readonly periodSeconds: number;
  readonly burst: number;
  /** Cost of this call; 0 reads without counting. */
  readonly cost: number;
}

/**
 * A month from a day of one calendar month to the same day of the next, or to the last day of a shorter one;
 * in UTC.
 */
export interface MonthCheck {
  readonly name: string;
  /** From 1 to 31; 1 is the calendar month. */
  readonly startDay: number;
}

/** A monthly counter by the limit store's clock. */
export interface QuotaCheck extends MonthCheck {
  readonly kind: 'quota';
  readonly perMonth: number;
  /** Cost of this call; 0 counts nothing, and passes while any quota is left. */
  readonly cost: number;
}

/**
 * A write: raises a quota's counter to the usage of the month so far, even above the quota. It sets the
 * higher of the two values and does not add, so a charge may be repeated, late, or out of order. It always
 * passes. The remaining value of the result is the amount that was missing.
 */
export interface Charge extends MonthCheck {
  readonly kind: 'charge';
  /** End of the month that the charge is for; in another month nothing changes. Seconds since the epoch. */
  readonly monthEndSeconds: number;
  /** Usage of the whole month so far. */
  readonly amount: number;
}

/**
 * Like a charge, but for a counter that the limit store has lost, and once for each: a settled counter does
 * not change.
 */
export interface Settle extends MonthCheck {
  readonly kind: 'settle';
  readonly monthEndSeconds: number;
  readonly amount: number;
}

/** A text that may be used once: the nonce of a signature. Refused permanently while it is remembered. */
export interface NonceCheck {
  readonly kind: 'nonce';
  readonly name: string;
  /** How long it is remembered: as long as the signature that it belongs to is accepted. */
  readonly lifetimeSeconds: number;
}

/** Refuses permanently what was issued before an instant that a `revoke` has set under the same name. */
export interface RevokedBeforeCheck {
  readonly kind: 'revoked-before';
  readonly name: string;
  /** Seconds since the epoch; 0 is before every instant. */
  readonly issuedAtSeconds: number;
}

/** A write: sets the instant of the checks above. It always passes, and never moves an instant back. */
export interface Revoke {
  readonly kind: 'revoke';
  readonly name: string;
  /** Seconds since the epoch; what was issued at this instant or later stays valid. */
  readonly beforeSeconds: number;
  /** How long it is remembered: as long as the revoked credentials live. */
  readonly lifetimeSeconds: number;
}

/** Any check. In `shadow` it is evaluated, and counted when it passes, but does not refuse the call. */
export type Check = (RateCheck | QuotaCheck | Charge | Settle | NonceCheck | RevokedBeforeCheck | Revoke) & {
  readonly shadow?: boolean;
};

export interface LimitStoreRequest {
  /**
   * The caller that is counted. All keys of one call carry it as their hash tag, so that a cluster keeps them
   * in one slot.
   */
  readonly caller: string;
  readonly checks: readonly Check[];
  /** Evaluates without writing. */
  readonly peek?: boolean;
}

/**
 * `never`: waiting does not help. The cost is above what the limit can ever give, the nonce was used, or the
 * credential is revoked.
 */
export type CheckResult = 'passed' | 'refused' | 'never';

/**
 * The state of one check after the call. Times are whole microseconds from the limit store's now. A nonce or
 * a revocation has nothing remaining, and its reset is when it is forgotten; 0 when nothing is held.
 */
export interface CheckState {
  readonly result: CheckResult;
  readonly remaining: number;
  /** Until a rate is full again, or until the month ends. */
  readonly resetMicroseconds: number;
  /** Until the same call would pass; 0 unless `refused`. */
  readonly retryMicroseconds: number;
  /**
   * Only of a quota: its counter starts with this call or was lost, and this caller has to settle it. One
   * caller is asked every few seconds until the counter is settled.
   */
  readonly needsSettlement: boolean;
}

/**
 * All or nothing: `admitted` is false when a check that is not in shadow did not pass; then nothing was
 * counted.
 */
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
  /** Whether the call exceeded its time budget. */
  readonly timedOut?: boolean;
}

/** Never throws: an unavailable limit store is a result. */
export interface LimitStore {
  take(call: LimitStoreRequest): Promise<LimitStoreReply | LimitStoreFailure>;
}
