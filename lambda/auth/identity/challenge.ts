import type { TokenFault } from '../../../runtime/tokens/token-verifier.ts';

/**
 * `WWW-Authenticate` of RFC 6750 section 3 for a call without a token: it tells no error, since none was made. Also for
 * an API key that is not accepted, since that is no scheme of HTTP authentication.
 */
export const bareChallenge = 'Bearer realm="gatehouse"';

/** More than one credential, or a field that is not written as a credential is (RFC 6750 section 3.1). */
export const invalidRequest = `${bareChallenge}, error="invalid_request", error_description="Send exactly one well-formed credential."`;

/** What a caller can act on is told; what would only help to forge a token is not. */
const descriptions: Partial<Record<TokenFault | 'revoked', string>> = {
  'token-expired': 'The token has expired.',
  'token-not-yet-valid': 'The token is not valid yet.',
  'wrong-audience': 'The token is meant for another audience.',
  revoked: 'The token has been revoked.',
};

/** A token that is refused. */
export function invalidToken(reason: TokenFault | 'revoked'): string {
  return `${bareChallenge}, error="invalid_token", error_description="${descriptions[reason] ?? 'The token is not accepted.'}"`;
}

/** The caller's token is good, and does not permit the call: for 403 (RFC 6750 section 3.1). */
export function insufficientScope(permission: string): string {
  return `${bareChallenge}, error="insufficient_scope", error_description="The token does not permit this.", scope="${permission}"`;
}

/**
 * For a route that takes nothing but a message signature. RFC 9421 defines no scheme of HTTP authentication; the one
 * that its predecessor used says what is missing.
 */
export const signatureChallenge = 'Signature realm="gatehouse"';
