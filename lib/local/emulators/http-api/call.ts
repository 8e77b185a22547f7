import type { Exchange } from '../../http/exchange.ts';

/** Identity of an HTTP API, for its events and variables. */
export interface ApiIdentity {
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
}

/** A request at the API. The steps of the API fill in the fields. */
export interface Call {
  readonly api: ApiIdentity;
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly startedMs: number;
  routeKey?: string;
  pathParameters: Readonly<Record<string, string>>;
  /** The context that the authorizer returned, as strings. */
  authorizer: Readonly<Record<string, string>>;
  /** The outcome of the request, for the access log. */
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

/** The host of the request and its first label. */
export function domainOf({ exchange }: Call): { readonly name: string; readonly prefix: string } {
  const name = exchange.headers.get('host') ?? '';
  return { name, prefix: name.split('.')[0] ?? '' };
}

/**
 * The percent-decoded path, as events and variables of an HTTP API contain it. The integration receives the path as
 * the client sent it.
 */
export function decodedPath({ exchange }: Call): string {
  try {
    return decodeURIComponent(exchange.path);
  } catch {
    return exchange.path;
  }
}
