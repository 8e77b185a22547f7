import { refusalResponses } from '../../../runtime/contracts/gateway-contract.ts';
import { isWellFormedPath, isWellFormedQuery } from '../../../runtime/http/request-target.ts';

/**
 * The answer to a request whose target a reader of URLs would change before any route sees it (`/a/%2e%2e/b` is `/b` to
 * the URL standard). The public API refuses such calls before they get here; the partner API judges no path.
 *
 * @param target as it stands in the request line.
 * @returns undefined for a well-formed one.
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
