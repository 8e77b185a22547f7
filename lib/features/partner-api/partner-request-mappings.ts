import {
  apiKeyHeader,
  methodOverrideHeaders,
  NO_VALUE,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';

/** A static value is in quotes; without quotes it is a variable of the call. */
const text = (value: string) => `'${value}'`;

/**
 * A header name as CloudFront sends it to an origin: `X-Gw-Origin-Secret`. Whether a REST API compares names by case is
 * not documented, so everything that it compares has this spelling.
 */
export function cloudFrontHeaderCase(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, before: string, first: string) => before + first.toUpperCase());
}

/**
 * Request headers of the partner API's integrations, in CloudFront's spelling. A valid API key is the whole decision, so
 * the template contains its value. A mapping replaces the caller's header; a REST API cannot remove headers, so headers
 * that services must not see are overwritten, too.
 *
 * @param service name of the service at the load balancer
 * @param decision the value that the load balancer requires of this API for this service
 * @param method of the route
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
    // No variable of the API has the name of a key's plan.
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
