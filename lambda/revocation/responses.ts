import type { HttpResponse } from '../../runtime/http/lambda-http.ts';

/** An answer without content. */
export function done(status: 200 | 204): HttpResponse {
  return { statusCode: status, headers: {}, body: '', isBase64Encoded: false };
}

/** Error codes of RFC 6749 section 5.2 and RFC 7009 section 2.2.1. */
type OAuthError = 'invalid_request' | 'unauthorized_client' | 'unsupported_token_type';

/** What an OAuth client reads when its request is at fault. */
export function oauthError(error: OAuthError, description: string): HttpResponse {
  return json(400, 'application/json', { error, error_description: description });
}

/** Problem details (RFC 9457) in the gateway's name. With 503 the token still counts (RFC 7009 section 2.2.1). */
export function problem(status: 403 | 503, title: string, detail: string): HttpResponse {
  return json(status, 'application/problem+json', { type: 'about:blank', title, status, detail });
}

export const limitStoreUnavailable = problem(
  503,
  'Service Unavailable',
  'Nothing was revoked, since the store does not answer. Try again after the seconds in Retry-After.',
);

function json(statusCode: number, contentType: string, body: object): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
