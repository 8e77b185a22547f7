/** What the operators' commands ask the authorizer, by invoking it, and what it answers. Imports nothing. */

/** Who a call is taken to come from, without a credential. */
export interface AssumedCaller {
  /** A registered client; left out, a user. */
  readonly clientId?: string;
  readonly userId?: string;
  /** Of the user's tokens. */
  readonly issuer?: string;
  readonly plan?: string;
  readonly monthStartDay?: number;
  readonly permissions: readonly string[];
}

/** One check of the decision's store call, as it stands without the call. */
export interface ExplainedLimit {
  readonly name: string;
  readonly kind: string;
  /** Judged and counted, but refuses nobody. */
  readonly shadow: boolean;
  readonly result: 'passed' | 'refused' | 'never';
  /** The bucket of a rate, the month of a quota; null for what is neither. */
  readonly size: number | null;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly retrySeconds: number;
}

export interface Explanation {
  /** The context that the authorizer would give the gateway. */
  readonly context: Readonly<Record<string, string>>;
  /** What the caller would get; null where the call goes on to its service. */
  readonly status: number | null;
  /** The gateway's headers of the answer, were the service's 200. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: readonly ExplainedLimit[];
}
