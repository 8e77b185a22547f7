import type { Exchange } from '../../http/exchange.ts';

/** One request on its way through a REST API, with what is known of it so far. */
export interface RestCall {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly startedMs: number;
  readonly stage: string;
  readonly apiId: string;
  /** `/products/{id}`; undefined until it is known. */
  resourcePath?: string;
  /** Decoded. */
  pathParameters: Readonly<Record<string, string>>;
  apiKeyId?: string;
  body?: Buffer;
  readonly outcome: {
    status?: number;
    responseBytes?: number;
    integrationStatus?: number;
    integrationLatencyMs?: number;
    integrationError?: string;
    authorizerError?: string;
    firewallStatus?: number;
    errorType?: string;
    errorMessage?: string;
    validationError?: string;
    endedMs?: number;
  };
}
