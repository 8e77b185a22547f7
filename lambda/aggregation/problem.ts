import type { HttpAnswer } from '../shared/http-call.ts';

/** Problem details (RFC 9457) in the gateway's name. */
export function problem(status: 400 | 502 | 504, title: string, detail: string): HttpAnswer {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title, status, detail }),
    isBase64Encoded: false,
  };
}
