import type { HttpResponse } from '../../http/exchange.ts';
import type { HeaderFields } from '../../http/header-fields.ts';

/** Whether the viewer already has this response (RFC 9110 section 13); ETags are compared weakly. */
export function notModified(request: HeaderFields, { status, headers }: HttpResponse): boolean {
  if (status !== 200) return false;
  const wanted = request.get('if-none-match');
  if (wanted !== undefined) {
    const etag = headers.get('etag');
    if (etag === undefined) return false;
    const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
    return wanted.trim() === '*' || wanted.split(',').some((tag) => opaque(tag) === opaque(etag));
  }
  const since = Date.parse(request.get('if-modified-since') ?? '');
  const modified = Date.parse(headers.get('last-modified') ?? '');
  return modified <= since;
}

/** The 304 response that replaces a response, with the header fields that the viewer's cache needs. */
export function notModifiedResponse({ headers, body }: HttpResponse): HttpResponse {
  if (body !== null && !Buffer.isBuffer(body)) body.destroy();
  const kept = headers.copy();
  kept.keep((name) => !name.startsWith('content-'));
  return { status: 304, headers: kept, body: null };
}
