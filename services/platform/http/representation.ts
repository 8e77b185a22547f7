import { createHash } from 'node:crypto';
import { evaluateConditions } from './conditional-requests.ts';
import { problem } from './problem.ts';
import type { ServiceContext } from './service-app.ts';

/**
 * A JSON answer with a strong entity tag. A read with conditions is a 304 where the caller has it already, with the
 * headers of the 200 (RFC 9110, section 15.4.5), and a 412 where `If-Match` names another. Content-Length is set so that
 * HEAD carries it too.
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
    if (condition === 'failed') return problem(c, 412, 'The resource is not the one that If-Match names.');
  }
  return c.body(body, status, {
    ...headers,
    etag,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  });
}

/**
 * The answer to a write whose conditions do not hold for the current value (null: there is none yet): 412, or 400 where
 * they cannot be read. Null where the write may go on.
 */
export function writePreconditionProblem(c: ServiceContext, current: unknown): Response | null {
  switch (evaluateConditions(c, current === null ? null : entityTag(JSON.stringify(current)))) {
    case 'malformed':
      return problem(c, 400, 'If-Match and If-None-Match take * or entity tags, such as "x1", "y2".');
    case 'failed':
      return c.req.header('if-match') === undefined
        ? problem(c, 412, 'There is one already. Leave out If-None-Match to change it.')
        : problem(c, 412, 'The resource has changed since it was read, or is not there. Read it again.');
    default:
      return null;
  }
}

function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
