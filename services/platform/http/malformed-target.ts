import { refusalResponses } from '../../../runtime/contracts/refusals.ts';
import { isWellFormedPath, isWellFormedQuery } from '../../../runtime/http/request-target.ts';

/**
 * The 400 for a request target that URL parsing would change (`/a/%2e%2e/b` becomes `/b`). The public API refuses such
 * requests before they reach a service; the partner API does not check paths.
 *
 * @param target the target in the request line.
 * @returns undefined for a well-formed target.
 */
export function malformedTarget(target: string): Response | undefined {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (isWellFormedPath(path) && isWellFormedQuery(mark < 0 ? '' : target.slice(mark + 1))) return undefined;
  const { status, body } = refusalResponses.malformed;
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
