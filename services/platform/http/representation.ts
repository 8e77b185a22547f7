import { createHash } from 'node:crypto';
import { evaluateConditions } from './conditional-requests.ts';
import { problem } from './problem.ts';
import type { ServiceContext } from './service-app.ts';

/**
 * A JSON response with a strong entity tag. A conditional read is answered with 304 and the headers of the 200 (RFC 9110,
 * section 15.4.5) if the caller has the current value, and with 412 if `If-Match` names another. Content-Length is set so
 * that HEAD has it too.
 */
export function representation(
  c: ServiceContext,
  value: unknown,
  status: 200 | 201 = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify(value);
  const etag = entityTag(body);
  if (c.req.method === 'GET' || c.req.method === 'HEAD') {
    const condition = evaluateConditions(c, etag);
    if (condition === 'not-modified') return c.body(null, 304, { ...headers, etag });
    if (condition === 'failed') return problem(c, 412, 'The entity tag of the resource is not in If-Match.');
  }
  return c.body(body, status, {
    ...headers,
    etag,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  });
}

/**
 * The response to a write whose preconditions fail for the current value (null for a new resource): 412, or 400 for
 * malformed preconditions. Null if the write may continue.
 */
export function writePreconditionProblem(c: ServiceContext, current: unknown): Response | null {
  switch (evaluateConditions(c, current === null ? null : entityTag(JSON.stringify(current)))) {
    case 'malformed':
      return problem(c, 400, 'If-Match and If-None-Match take * or entity tags, such as "x1", "y2".');
    case 'failed':
      return c.req.header('if-match') === undefined
        ? problem(c, 412, 'The resource exists. Leave out If-None-Match to change it.')
        : problem(c, 412, 'The resource has changed since it was read, or does not exist. Read it again.');
    default:
      return null;
  }
}

function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
