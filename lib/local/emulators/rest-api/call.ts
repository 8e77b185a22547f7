import type { Exchange } from '../../http/exchange.ts';

/** A request at the REST API. The steps of the API fill in the fields. */
export interface RestCall {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly startedMs: number;
  readonly stage: string;
  readonly apiId: string;
  /** `/products/{id}`; undefined until the method is found. */
  resourcePath?: string;
  /** Percent-decoded. */
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
