import type { GatewayRequest } from './request.ts';

export type BearerToken =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'faulty'; readonly because: 'malformed-token' | 'several-tokens' };

/** Longer than what fits an HTTP API's 10 240 bytes of request line and headers. */
const longestToken = 8_192;

/** RFC 6750 section 2.1: the scheme in any case, exactly one space, and nothing after the token. */
const bearer = /^bearer /i;

/** RFC 7515 section 3.1: three parts of base64url without padding. A comma would be a second header's value. */
const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Finds the one bearer token of a call. A token in the query is not taken (it would stand in logs), and beside one in
 * the header it makes two, which RFC 6750 section 2 forbids.
 */
export function readBearerToken({ authorization, hasTokenInQuery }: GatewayRequest): BearerToken {
  if (!bearer.test(authorization)) return { kind: 'none' };
  if (hasTokenInQuery) return { kind: 'faulty', because: 'several-tokens' };
  const token = authorization.slice('bearer '.length);
  if (token.includes(',')) return { kind: 'faulty', because: 'several-tokens' };
  if (token.length > longestToken || !compact.test(token) || !token.split('.').every(isCanonical)) {
    return { kind: 'faulty', because: 'malformed-token' };
  }
  return { kind: 'token', token };
}

/** RFC 4648 section 3.5: one text for each value. Lenient decoders ignore the bits that the last letter leaves over. */
function isCanonical(part: string): boolean {
  const last = part.at(-1) ?? '';
  switch (part.length % 4) {
    case 0:
      return true;
    case 2:
      return 'AQgw'.includes(last);
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last);
    default:
      return false;
  }
}
