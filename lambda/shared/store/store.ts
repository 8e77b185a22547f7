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

/** A counter of the calendar month, in UTC by the store's clock. */
export interface QuotaCheck {
  readonly kind: 'quota';
  readonly name: string;
  readonly perMonth: number;
  /** What this call weighs; 0 looks without taking. */
  readonly cost: number;
}

export type Check = RateCheck | QuotaCheck;

export interface StoreCall {
  /** Who is counted. All keys of one call carry it as their hash tag, so that a cluster keeps them in one slot. */
  readonly caller: string;
  readonly checks: readonly Check[];
}

/** `never`: the cost is above what the limit can ever give, so waiting is of no use. */
export type Verdict = 'passed' | 'refused' | 'never';

/** The state of one check after the call. Times are whole microseconds from the store's now. */
export interface CheckState {
  readonly verdict: Verdict;
  readonly remaining: number;
  /** Until a rate is whole again, or until the month ends. */
  readonly resetMicroseconds: number;
  /** Until the same call would pass; 0 unless `refused`. */
  readonly retryMicroseconds: number;
}

/** All or nothing: `admitted` is false when one check did not pass, and then nothing was taken from any. */
export interface StoreAnswer {
  readonly kind: 'answered';
  readonly admitted: boolean;
  /** One for each check of the call, in its order. */
  readonly states: readonly CheckState[];
}

export interface StoreFailure {
  readonly kind: 'failed';
  /** For the log: `timeout`, `circuit-open`, or the error's message. */
  readonly because: string;
}

/** Never throws: a store that is away is an answer of its own. */
export interface LimitStore {
  take(call: StoreCall): Promise<StoreAnswer | StoreFailure>;
}
