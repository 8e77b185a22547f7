import type { TokenFault } from './token-verifier.ts';

/** `WWW-Authenticate` of RFC 6750 section 3 for a call without a token: it tells no error, since none was made. */
export const bareChallenge = 'Bearer realm="gatehouse"';

/** More than one token, or one that is not written as a token is. */
export const invalidRequest = `${bareChallenge}, error="invalid_request", error_description="Send exactly one well-formed bearer token."`;

/** What a caller can act on is told; what would only help to forge a token is not. */
const descriptions: Partial<Record<TokenFault, string>> = {
  'token-expired': 'The token has expired.',
  'token-not-yet-valid': 'The token is not valid yet.',
  'wrong-audience': 'The token is meant for another audience.',
};

/** A token that is refused. */
export function invalidToken(because: TokenFault): string {
  return `${bareChallenge}, error="invalid_token", error_description="${descriptions[because] ?? 'The token is not accepted.'}"`;
}
