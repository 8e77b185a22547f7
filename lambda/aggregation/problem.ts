import type { HttpResponse } from '../../runtime/http/lambda-http.ts';

const titles = { 400: 'Bad Request', 502: 'Bad Gateway', 504: 'Gateway Timeout' } as const;

/**
 * Problem details (RFC 9457) of the gateway.
 *
 * @param more Further members, such as the part that failed.
 */
export function problem(
  status: keyof typeof titles,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponse {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status, detail, ...more }),
    isBase64Encoded: false,
  };
}
