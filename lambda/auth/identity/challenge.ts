import type { TokenFault } from '../../../runtime/tokens/verification.ts';

/**
 * `WWW-Authenticate` of RFC 6750 section 3 for a call without a token: it names no error. Also used for an
 * API key that is not accepted, which is not a scheme of HTTP authentication.
 */
export const bareChallenge = 'Bearer realm="gatehouse"';

/** More than one credential, or a malformed credential field (RFC 6750 section 3.1). */
export const invalidRequest = `${bareChallenge}, error="invalid_request", error_description="Send exactly one well-formed credential."`;

/** Names only the errors that a caller can act on, and none that would help to forge a token. */
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

/** The caller's token is valid, and does not permit the call: for 403 (RFC 6750 section 3.1). */
export function insufficientScope(permission: string): string {
  return `${bareChallenge}, error="insufficient_scope", error_description="The token does not permit this.", scope="${permission}"`;
}

/**
 * For a route that only accepts a message signature. RFC 9421 defines no scheme of HTTP authentication; the
 * scheme of its predecessor tells what is missing.
 */
export const signatureChallenge = 'Signature realm="gatehouse"';
