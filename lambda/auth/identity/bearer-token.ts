import type { GatewayRequest } from '../decision/gateway-request.ts';

export type BearerToken =
  /** In the letters of a token, not yet parsed. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'faulty'; readonly reason: 'malformed-credential' | 'several-tokens' };

const scheme = 'bearer';

/** RFC 6750 section 2.1: `b64token`. */
const tokenLetters = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Finds the one bearer token of a call: the scheme in any case, one or more spaces, and a token with nothing
 * after it (RFC 6750 section 2.1, RFC 9110 section 11.4). A token in the query is not accepted, because it
 * would appear in logs; beside one in the header it makes two, which RFC 6750 section 2 forbids.
 */
export function readBearerToken({ authorization, hasTokenInQuery }: GatewayRequest): BearerToken {
  if (authorization.slice(0, scheme.length).toLowerCase() !== scheme) return { kind: 'none' };
  const rest = authorization.slice(scheme.length);
  // Another scheme, whose name only begins like this.
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(rest)) return { kind: 'none' };
  if (hasTokenInQuery) return { kind: 'faulty', reason: 'several-tokens' };
  if (rest.includes(',')) return { kind: 'faulty', reason: 'several-tokens' };
  const token = rest.replace(/^ +/, '');
  if (token === rest || !tokenLetters.test(token)) return { kind: 'faulty', reason: 'malformed-credential' };
  return { kind: 'token', token };
}
