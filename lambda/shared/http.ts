/**
 * Longest that a call waits for a service of the gateway's own (token issuer, Secrets Manager), in milliseconds. An
 * HTTP API gives its own JWKS fetch 1 500 ms (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
 */
export const dependencyTimeoutMilliseconds = 1_400;

/** Raised by `fetchJson` for an answer other than 2xx, so that the log names status and address. */
export class UnexpectedStatusError extends Error {
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} answered ${status}`);
    this.name = 'UnexpectedStatusError';
    this.status = status;
  }
}

/** Reads JSON by GET within `dependencyTimeoutMilliseconds`. Rejects on any failure. */
export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(dependencyTimeoutMilliseconds),
  });
  if (!response.ok) throw new UnexpectedStatusError(url, response.status);
  return response.json();
}
