import { withDeadline } from '../../lambda/shared/deadline.ts';

/** What a call to another service came to. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  /** No answer, or one that says to try again (5xx, 429): whether it took effect is not known. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Calls one other service by JSON. */
export type CallService = (method: string, path: string, body?: unknown) => Promise<CallOutcome>;

/** Shorter than any caller of ours waits. */
const callTimeoutMs = 3_000;
/** Far more than any answer between services has. */
const maxAnswerCharacters = 1_000_000;

/**
 * @param baseUrl such as `http://inventory:8080`.
 * @param send `fetch`, or an app's own way to answer.
 */
export function createCallService(
  baseUrl: string,
  send: (request: Request) => Response | Promise<Response>,
): CallService {
  return async (method, path, body) => {
    try {
      const { status, text } = await withDeadline(callTimeoutMs, async (signal) => {
        const answer = await send(
          new Request(new URL(path, baseUrl), {
            method,
            signal,
            ...(body === undefined
              ? {}
              : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
          }),
        );
        return { status: answer.status, text: await answer.text() };
      });
      if (status >= 500 || status === 429) {
        return { kind: 'unavailable', reason: `${method} ${path} answered ${status}` };
      }
      if (text.length > maxAnswerCharacters) {
        return { kind: 'unavailable', reason: `${method} ${path} answered ${text.length} characters` };
      }
      return { kind: 'answered', status, body: text === '' ? null : JSON.parse(text) };
    } catch (error) {
      return { kind: 'unavailable', reason: `${method} ${path}: ${String(error)}` };
    }
  };
}
