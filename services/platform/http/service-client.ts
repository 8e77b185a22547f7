import { withDeadline } from '../../../runtime/concurrency/deadline.ts';

/** The outcome of a call to another service. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  /** No response, or a 5xx or 429: whether the call took effect is not known. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Calls another service with JSON bodies. */
export type CallService = (method: string, path: string, body?: unknown) => Promise<CallOutcome>;

/** Shorter than the timeout of any caller of a service. */
export const callTimeoutMs = 3_000;
/** Far more than any response between services has. */
const maxAnswerCharacters = 1_000_000;

/**
 * A client of another service.
 *
 * @param baseUrl such as `http://inventory:8080`.
 * @param send sends a request: `fetch`, or the `fetch` method of an app.
 * @param timeoutMs for the whole response.
 */
export function createCallService(
  baseUrl: string,
  send: (request: Request) => Response | Promise<Response>,
  timeoutMs = callTimeoutMs,
): CallService {
  return async (method, path, body) => {
    const unavailable = (reason: string) =>
      ({ kind: 'unavailable', reason: `${method} ${path} ${reason}` }) as const;
    const exchange = async (signal: AbortSignal): Promise<CallOutcome> => {
      const answer = await send(
        new Request(new URL(path, baseUrl), {
          method,
          signal,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        }),
      );
      const text = await answer.text();
      if (answer.status >= 500 || answer.status === 429) return unavailable(`answered ${answer.status}`);
      if (text.length > maxAnswerCharacters) return unavailable(`answered ${text.length} characters`);
      return { kind: 'answered', status: answer.status, body: text === '' ? null : JSON.parse(text) };
    };
    try {
      return await withDeadline(timeoutMs, exchange);
    } catch (error) {
      return unavailable(`failed: ${String(error)}`);
    }
  };
}
