import { withDeadline } from '../../../runtime/concurrency/deadline.ts';

/** What a call to another service came to. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  /** No answer, or one that says to try again (5xx, 429): whether it took effect is not known. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Calls one other service by JSON. */
export type CallService = (method: string, path: string, body?: unknown) => Promise<CallOutcome>;

/** Shorter than any caller of ours waits. */
export const callTimeoutMs = 3_000;
/** Far more than any answer between services has. */
const maxAnswerCharacters = 1_000_000;

/**
 * @param baseUrl such as `http://inventory:8080`.
 * @param send `fetch`, or an app's own way to answer.
 * @param timeoutMs for the whole answer.
 */
export function createCallService(
  baseUrl: string,
  send: (request: Request) => Response | Promise<Response>,
  timeoutMs = callTimeoutMs,
): CallService {
  return async (method, path, body) => {
    const unavailable = (reason: string) =>
      ({ kind: 'unavailable', reason: `${method} ${path} ${reason}` }) as const;
    const ask = async (signal: AbortSignal): Promise<CallOutcome> => {
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
      return await withDeadline(timeoutMs, ask);
    } catch (error) {
      return unavailable(`failed: ${String(error)}`);
    }
  };
}
