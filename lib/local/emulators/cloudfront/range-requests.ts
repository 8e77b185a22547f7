import type { HttpResponse } from '../../http/exchange.ts';
import type { HeaderFields } from '../../http/header-fields.ts';

/**
 * The response to a range request (RFC 9110 section 14): 206 with one range, 416 for an unsatisfiable range, and the
 * complete response for several ranges, other units, or an `If-Range` that does not match.
 */
export function rangeResponse(
  request: HeaderFields,
  answer: HttpResponse & { readonly body: Buffer },
): HttpResponse {
  const whole = answer.body.length;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.get('range')?.trim() ?? '') ?? [];
  if ((first === '' && last === '') || !matchesIfRange(request.get('if-range'), answer.headers))
    return answer;
  const start = first === '' ? Math.max(0, whole - Number(last)) : Number(first);
  const end = first === '' || last === '' ? whole - 1 : Math.min(Number(last), whole - 1);
  // A range that ends before it begins is invalid; RFC 9110 ignores it.
  if (first !== '' && last !== '' && Number(last) < start) return answer;
  const headers = answer.headers.copy();
  headers.delete('content-length');
  if (start >= whole || start > end) {
    headers.set('content-range', `bytes */${whole}`);
    return { status: 416, headers, body: Buffer.alloc(0) };
  }
  headers.set('content-range', `bytes ${start}-${end}/${whole}`);
  return { status: 206, headers, body: answer.body.subarray(start, end + 1) };
}

/** Compares a strong ETag or the exact date of `If-Range` (RFC 9110 section 13.1.5). */
function matchesIfRange(wanted: string | undefined, headers: HeaderFields): boolean {
  if (wanted === undefined) return true;
  const tag = headers.get('etag');
  return wanted.startsWith('"') ? wanted === tag : wanted === headers.get('last-modified');
}
