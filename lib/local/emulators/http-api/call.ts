import type { Exchange } from '../../http/exchange.ts';

/** What an HTTP API is, for its events and variables. */
export interface ApiIdentity {
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
}

/** One request on its way through the API, with what is known of it so far. */
export interface Call {
  readonly api: ApiIdentity;
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly startedMs: number;
  routeKey?: string;
  pathParameters: Readonly<Record<string, string>>;
  /** The authorizer's context, as text. */
  authorizer: Readonly<Record<string, string>>;
  /** What became of it, for the access log. */
  readonly outcome: {
    status?: number;
    responseBytes?: number;
    requestBytes?: number;
    integrationStatus?: number;
    integrationLatencyMs?: number;
    integrationError?: string;
    authorizerError?: string;
    errorMessage?: string;
    errorType?: string;
    endedMs?: number;
  };
}

export function newCall(api: ApiIdentity, exchange: Exchange, requestId: string, startedMs: number): Call {
  return { api, exchange, requestId, startedMs, pathParameters: {}, authorizer: {}, outcome: {} };
}

/** Host and its first label, as the request names them. */
export function domainOf({ exchange }: Call): { readonly name: string; readonly prefix: string } {
  const name = exchange.headers.get('host') ?? '';
  return { name, prefix: name.split('.')[0] ?? '' };
}

/**
 * The request's path as an HTTP API tells it in events and variables: percent-decoded. What goes on to a back end is
 * the path as sent.
 */
export function decodedPath({ exchange }: Call): string {
  try {
    return decodeURIComponent(exchange.path);
  } catch {
    return exchange.path;
  }
}
