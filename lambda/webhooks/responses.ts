import type { HttpAnswer, HttpCall } from '../../runtime/http/lambda-http.ts';

const titles = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  503: 'Service Unavailable',
} as const;

/** The sender's answer: the event is safe. Senders look at the status alone; people read the rest. */
export function received(call: HttpCall, outcome: 'accepted' | 'duplicate'): HttpAnswer {
  return answer(call, 200, 'application/json', { received: true, outcome });
}

/**
 * Problem details (RFC 9457). Senders repeat whatever is not 2xx, and follow no redirect.
 *
 * @param retryAfterSeconds When it is of use to come again.
 */
export function problem(
  call: HttpCall,
  status: keyof typeof titles,
  detail: string,
  retryAfterSeconds?: number,
): HttpAnswer {
  const body = { type: 'about:blank', title: titles[status], status, detail };
  const plain = answer(call, status, 'application/problem+json', body);
  if (retryAfterSeconds === undefined) return plain;
  return { ...plain, headers: { ...plain.headers, 'retry-after': String(retryAfterSeconds) } };
}

function answer(call: HttpCall, statusCode: number, contentType: string, body: object): HttpAnswer {
  return {
    statusCode,
    headers: { 'content-type': contentType, 'cache-control': 'no-store', 'x-request-id': call.requestId },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
