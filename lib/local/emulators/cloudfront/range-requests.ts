import type { HttpResponse } from '../../http/exchange.ts';
import type { HeaderFields } from '../../http/header-fields.ts';

/**
 * The part of a whole answer that a request asks for (RFC 9110 section 14): 206 with one range, 416 where there is
 * nothing at its place, and the whole answer where the request names several ranges, other units, or a copy of
 * `If-Range` that this is not.
 */
export function rangeResponse(
  request: HeaderFields,
  answer: HttpResponse & { readonly body: Buffer },
): HttpResponse {
  const whole = answer.body.length;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.get('range')?.trim() ?? '') ?? [];
  if ((first === '' && last === '') || !isSameCopy(request.get('if-range'), answer.headers)) return answer;
  const start = first === '' ? Math.max(0, whole - Number(last)) : Number(first);
  const end = first === '' || last === '' ? whole - 1 : Math.min(Number(last), whole - 1);
  // A range that ends before it begins is no range.
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

/** By a strong tag, or by the very date (RFC 9110 section 13.1.5). */
function isSameCopy(wanted: string | undefined, headers: HeaderFields): boolean {
  if (wanted === undefined) return true;
  const tag = headers.get('etag');
  return wanted.startsWith('"') ? wanted === tag : wanted === headers.get('last-modified');
}
