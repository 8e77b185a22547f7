import type { Context } from 'hono';

/** One fault of a request: its place (RFC 6901 pointer or parameter name) and the remedy. */
export interface Fault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
type ProblemStatus = keyof typeof titles;

/** Limits the length of the response to a request with many faults. */
const maxFaults = 20;

/**
 * A problem response (RFC 9457). The type is `about:blank`, so the title is the phrase of the status. `detail` says what
 * the caller can do. `errors` lists single faults, at most 20.
 */
export function problem(
  c: Context,
  status: ProblemStatus,
  detail: string,
  more: { readonly errors?: readonly Fault[]; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const body = {
    type: 'about:blank',
    title: titles[status],
    status,
    detail,
    ...(more.errors === undefined ? {} : { errors: more.errors.slice(0, maxFaults) }),
  };
  return c.body(JSON.stringify(body), status, {
    ...more.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  });
}
