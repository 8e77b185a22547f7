import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';

const titles = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  503: 'Service Unavailable',
} as const;

/** The answer to the sender: the event is stored. Senders read only the status; the body is for people. */
export function received(call: HttpRequest, outcome: 'accepted' | 'duplicate'): HttpResponse {
  return answer(call, 200, 'application/json', { received: true, outcome });
}

/**
 * Problem details (RFC 9457). Senders retry on any status but 2xx, and follow no redirect.
 *
 * @param retryAfterSeconds When a retry makes sense.
 */
export function problem(
  call: HttpRequest,
  status: keyof typeof titles,
  detail: string,
  retryAfterSeconds?: number,
): HttpResponse {
  const body = { type: 'about:blank', title: titles[status], status, detail };
  const plain = answer(call, status, 'application/problem+json', body);
  if (retryAfterSeconds === undefined) return plain;
  return { ...plain, headers: { ...plain.headers, 'retry-after': String(retryAfterSeconds) } };
}

function answer(call: HttpRequest, statusCode: number, contentType: string, body: object): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': contentType, 'cache-control': 'no-store', 'x-request-id': call.requestId },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
