import {
  apiKeyHeader,
  methodOverrideHeaders,
  NO_VALUE,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';

/** A mapping's own text stands in quotes; everything else refers to something of the call. */
const text = (value: string) => `'${value}'`;

/**
 * A header name as CloudFront sends it to an origin: `X-Gw-Origin-Secret`. Whether a REST API compares names by case is
 * not documented, so everything that it compares has this spelling.
 */
export function cloudFrontHeaderCase(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, before: string, first: string) => before + first.toUpperCase());
}

/**
 * The integration's request headers of the partner API, in CloudFront's spelling. A key that its plan admits is the whole
 * decision, so its value is the template's. A mapping replaces what a caller has sent under the name, and a REST API
 * cannot remove a header: what nobody behind it may see is overwritten, too.
 *
 * @param service the name by which the load balancer finds it.
 * @param decision what the load balancer demands of this API for this service.
 * @param method of the route.
 */
export function partnerHeaders(
  service: string,
  decision: string,
  method: string,
): Readonly<Record<string, string>> {
  const headers = {
    [requestHeaders.decision]: text(decision),
    [requestHeaders.service]: text(service),
    [requestHeaders.cohort]: text(NO_VALUE),
    [requestHeaders.clientId]: 'context.identity.apiKeyId',
    [requestHeaders.clientAddress]: `method.request.header.${cloudFrontHeaderCase(requestHeaders.viewerAddress)}`,
    [requestHeaders.requestId]: 'context.requestId',
    // The name of a key's plan is in no variable of the API.
    [requestHeaders.plan]: text(NO_VALUE),
    [requestHeaders.userId]: text(NO_VALUE),
    [requestHeaders.userEmail]: text(NO_VALUE),
    [requestHeaders.userRole]: text(NO_VALUE),
    [requestHeaders.contentDigest]: text(NO_VALUE),
    [requestHeaders.originSecret]: text(NO_VALUE),
    [requestHeaders.partnerProof]: text(NO_VALUE),
    [requestHeaders.viewerAddress]: text(NO_VALUE),
    [requestHeaders.target]: text(NO_VALUE),
    [apiKeyHeader]: text(NO_VALUE),
    ...Object.fromEntries(methodOverrideHeaders.map((name) => [name, text(method)])),
  };
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [cloudFrontHeaderCase(name), value]),
  );
}
