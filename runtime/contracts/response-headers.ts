import type { HttpRequest } from '../http/lambda-http.ts';
import { limitHeaders, requestHeaders } from './gateway-contract.ts';

/**
 * The headers that the gateway adds to an answer of this status, as the API's response mappings do for a
 * service's answer: the request's id and the policy always; limits unless the identity was refused, because
 * they could be another caller's; when to retry on 429 and 503; the challenge on 401 and 403; and the cache
 * directives. A header is left out when the decision lacks its key.
 */
export function gatewayResponseHeaders(
  status: number,
  { decision, requestId }: Pick<HttpRequest, 'decision' | 'requestId'>,
): Record<string, string> {
  const wanted: Record<string, string | undefined> = {
    [requestHeaders.requestId]: requestId,
    'x-gateway-policy': decision['policyVersion'],
  };
  if (status !== 401 && status !== 403) {
    for (const [header, key] of Object.entries(limitHeaders)) wanted[header.toLowerCase()] = decision[key];
  }
  if (status === 429 || status === 503) wanted['retry-after'] = decision['retryAfter'];
  if (status === 401 || status === 403) wanted['www-authenticate'] = decision['challenge'];
  if (status < 300 || status === 304) wanted['cache-control'] = decision['cacheControl'];
  if (status >= 400) wanted['cache-control'] = 'no-store';
  return Object.fromEntries(
    Object.entries(wanted).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}
