/** What the aggregation Lambda and the templates agree on. Imports nothing. */

/** The file beside the bundle that holds the compiled compositions. */
export const compositionsFileName = 'compositions.json';

/** A composition of one part: the call goes on to an external service. */
export interface ExternalComposition {
  /** The catalogue's name of the service. */
  readonly service: string;
  /** Base URL; the path and query of the call are appended. */
  readonly url: string;
  readonly timeoutSeconds: number;
}

/** By route key of the HTTP API. */
export type Compositions = Readonly<Record<string, ExternalComposition>>;
