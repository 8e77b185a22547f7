import { createHash } from 'node:crypto';
import type { ServiceContext } from './app.ts';

/**
 * A JSON answer with a strong entity tag; 304 to whom has it already (RFC 9110, section 13.1.2). Content-Length is set
 * so that HEAD carries it too.
 */
export function representation(
  c: ServiceContext,
  value: unknown,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify(value);
  const etag = entityTag(body);
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  if (isRead && holds(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
  return c.body(body, status, {
    ...headers,
    etag,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  });
}

/**
 * Whether `If-Match` lets a write go on against the current value (null: there is none yet). Weak tags count as well,
 * against the letter of RFC 9110: the edge weakens every tag it compresses under, and these tags come from the whole
 * value, so equal ones still mean that nothing has changed in between.
 */
export function mayWrite(c: ServiceContext, current: unknown): boolean {
  const condition = c.req.header('if-match');
  if (condition === undefined) return true;
  return current !== null && holds(condition, entityTag(JSON.stringify(current)));
}

function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

function holds(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  return (
    condition.trim() === '*' ||
    condition.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
  );
}
