/**
 * Status codes of refusals between the load balancer and the API, which maps them to the codes that callers get. A service may
 * answer with the real codes itself, with its `WWW-Authenticate` and `Retry-After`. A response mapping applies to an exact
 * code, and can only replace or append a header. Therefore refusals have codes that are not registered
 * (https://www.iana.org/assignments/http-status-codes). They are of the same class: a client that sees an unmapped one
 * treats it as 400 or 500 (RFC 9110 section 15).
 */
const listenerStatusCodes: Readonly<Record<number, number>> = {
  400: 460,
  401: 461,
  403: 463,
  429: 489,
  503: 563,
};

/** Responses of the load balancer to refusals. */
export function listenerStatusCode(status: number): number {
  return listenerStatusCodes[status] ?? status;
}

/** Status codes of the load balancer that the API replaces, with their replacements. */
export const replacedStatusCodes: readonly { readonly from: number; readonly by: number }[] = Object.entries(
  listenerStatusCodes,
).map(([by, from]) => ({ from, by: Number(by) }));
