import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';

/** An entity tag of a composed text: weak, because the bytes of two equal answers may differ. */
export function weakTag(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** `"…"`, with the prefix that makes it weak (RFC 9110 section 8.8.3). */
const entityTag = /(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/**
 * The answer to a GET or HEAD: 304 when `If-None-Match` holds its tag, by weak comparison (RFC 9110 section
 * 13.1.2), and without a body for HEAD.
 */
export function conditional({ method, headers }: HttpRequest, answer: HttpResponse): HttpResponse {
  if (method !== 'GET' && method !== 'HEAD') return answer;
  const { etag, 'content-type': _, ...headersToKeep } = answer.headers;
  const condition = headers['if-none-match'];
  if (answer.statusCode === 200 && etag !== undefined && condition !== undefined && holds(condition, etag)) {
    return {
      ...answer,
      statusCode: 304,
      headers: { ...headersToKeep, etag },
      body: '',
      isBase64Encoded: false,
    };
  }
  return method === 'HEAD' ? { ...answer, body: '', isBase64Encoded: false } : answer;
}

function holds(condition: string, etag: string): boolean {
  if (condition.trim() === '*') return true;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  return [...condition.matchAll(entityTag)].some(([tag]) => opaque(tag) === opaque(etag));
}
