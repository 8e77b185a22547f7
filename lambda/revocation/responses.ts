import type { HttpResponse } from '../../runtime/http/lambda-http.ts';

/** An answer without content. */
export function done(status: 200 | 204): HttpResponse {
  return { statusCode: status, headers: {}, body: '', isBase64Encoded: false };
}

/** Error codes of RFC 6749 section 5.2 and RFC 7009 section 2.2.1. */
type OAuthError = 'invalid_request' | 'unauthorized_client' | 'unsupported_token_type';

/** The error answer for an OAuth client. */
export function oauthError(error: OAuthError, description: string): HttpResponse {
  return json(400, 'application/json', { error, error_description: description });
}

/** Problem details (RFC 9457) of the gateway. With 503 the token is still valid (RFC 7009 section 2.2.1). */
export function problem(status: 403 | 503, title: string, detail: string): HttpResponse {
  return json(status, 'application/problem+json', { type: 'about:blank', title, status, detail });
}

export const limitStoreUnavailable = problem(
  503,
  'Service Unavailable',
  'The token was not revoked, because the limit store does not answer. Try again after the seconds in Retry-After.',
);

function json(statusCode: number, contentType: string, body: object): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
