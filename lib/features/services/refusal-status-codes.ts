/**
 * Statuses of the load balancer's refusals between it and the API, which turns them into those that callers get. A service
 * may answer any of these statuses itself, with its own `WWW-Authenticate` and `Retry-After`; a response mapping can only
 * replace or repeat a header, whatever is there, and chooses by the exact status. So refusals have statuses that nobody
 * registered (https://www.iana.org/assignments/http-status-codes). Of the same class: whoever sees one unmapped takes it
 * for 400 or 500 (RFC 9110 section 15).
 */
const listenerStatusCodes: Readonly<Record<number, number>> = {
  400: 460,
  401: 461,
  403: 463,
  429: 489,
  503: 563,
};

/** What the load balancer answers a refusal with. */
export function listenerStatusCode(status: number): number {
  return listenerStatusCodes[status] ?? status;
}

/** Statuses of the load balancer that the API replaces, and what by. */
export const replacedStatusCodes: readonly { readonly from: number; readonly by: number }[] = Object.entries(
  listenerStatusCodes,
).map(([by, from]) => ({ from, by: Number(by) }));
