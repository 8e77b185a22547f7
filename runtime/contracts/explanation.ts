/**
 * Request and answer of the authorizer when the operators' commands invoke it to explain a decision. Imports
 * nothing.
 */

/** The identity that a call is assumed to have, without a credential. */
export interface AssumedCaller {
  /** A registered client; left out for a user. */
  readonly clientId?: string;
  readonly userId?: string;
  /** The issuer of the user's tokens. */
  readonly issuer?: string;
  readonly plan?: string;
  readonly monthStartDay?: number;
  readonly permissions: readonly string[];
}

/** The state of one check of the limit-store call, without this call's own cost. */
export interface ExplainedLimit {
  readonly name: string;
  readonly kind: string;
  /** The check is evaluated and counted, but refuses no call. */
  readonly shadow: boolean;
  readonly result: 'passed' | 'refused' | 'never';
  /** The bucket of a rate or the monthly quota; null for other checks. */
  readonly size: number | null;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly retrySeconds: number;
}

export interface Explanation {
  /** The context that the authorizer would return to API Gateway. */
  readonly context: Readonly<Record<string, string>>;
  /** The response that the caller would get; null when the call continues to its service. */
  readonly status: number | null;
  /** The gateway's response headers, assuming that the service answers with 200. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: readonly ExplainedLimit[];
}
