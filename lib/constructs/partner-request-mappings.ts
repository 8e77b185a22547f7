import { absent, apiKeyHeader, methodOverrideHeaders, requestHeaders } from '../../lambda/shared/contract.ts';

/** A mapping's own text stands in quotes; everything else refers to something of the call. */
const text = (value: string) => `'${value}'`;

/**
 * The integration's request headers of the partner door. A key that its plan admits is the whole decision, so the
 * words are the template's. A mapping replaces what a caller has sent under the name, and a REST API cannot remove a
 * header: what nobody behind it may see is overwritten, too.
 *
 * @param service the name by which the load balancer finds it.
 * @param method of the route.
 */
export function partnerHeaders(service: string, method: string): Readonly<Record<string, string>> {
  return {
    [requestHeaders.decision]: text('allow'),
    [requestHeaders.service]: text(service),
    [requestHeaders.cohort]: text(absent),
    [requestHeaders.clientId]: 'context.identity.apiKeyId',
    [requestHeaders.clientAddress]: `method.request.header.${requestHeaders.viewerAddress}`,
    [requestHeaders.requestId]: 'context.requestId',
    // The name of a key's plan is in no variable of the API.
    [requestHeaders.plan]: text(absent),
    [requestHeaders.userId]: text(absent),
    [requestHeaders.userEmail]: text(absent),
    [requestHeaders.userRole]: text(absent),
    [requestHeaders.contentDigest]: text(absent),
    [requestHeaders.originSecret]: text(absent),
    [requestHeaders.viewerAddress]: text(absent),
    [requestHeaders.target]: text(absent),
    [apiKeyHeader]: text(absent),
    ...Object.fromEntries(methodOverrideHeaders.map((name) => [name, text(method)])),
  };
}
