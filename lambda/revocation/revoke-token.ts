import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';
import { revokeToken as revocationOf } from '../../runtime/tokens/token-revocation.ts';
import type { VerifiedToken } from '../../runtime/tokens/verification.ts';
import type { RevocationDependencies } from './ports.ts';
import { done, limitStoreUnavailable, oauthError, problem } from './responses.ts';

/**
 * `POST /auth/revoke` (RFC 7009). The authorizer has identified the caller: a client by its API key, for any
 * token that was issued to it; or a user by a token, for any of that user's own, including the one that it
 * sends. An invalid token, or one that has expired, needs no revocation and gets the same 200; the
 * token type hint is not needed. API keys are revoked by operators.
 */
export async function revokeToken(
  call: HttpRequest,
  { policy, tokens, limitStore, now }: RevocationDependencies,
): Promise<HttpResponse> {
  const token = tokenOf(call);
  if (token === undefined) {
    return oauthError('invalid_request', 'Send exactly one token as a form: token=...');
  }
  if (token.startsWith('gh_')) {
    return oauthError('unsupported_token_type', 'API keys are revoked by operators.');
  }
  const verification = await tokens.verify(token, policy, now());
  if (verification.kind === 'unavailable') return issuerUnavailable;
  if (verification.kind === 'refused') return done(200);
  const { identity, tokenId, expiresAtSeconds } = verification.token;
  if (!mayRevoke(call, identity)) {
    return oauthError('unauthorized_client', 'The token belongs to another caller.');
  }
  const { clockToleranceSeconds } = verification.token;
  const revoke = revocationOf(tokenId, expiresAtSeconds, now() / 1_000, clockToleranceSeconds);
  const answer = await limitStore.take({ caller: identity.caller, checks: [revoke] });
  return answer.kind === 'answered' ? done(200) : limitStoreUnavailable;
}

const issuerUnavailable = problem(
  503,
  'Service Unavailable',
  'The token was not revoked, because its issuer does not answer. Try again after the seconds in Retry-After.',
);

function tokenOf({ headers, body }: HttpRequest): string | undefined {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const [token = '', ...others] = new URLSearchParams(body.toString('utf8')).getAll('token');
  return token === '' || others.length > 0 ? undefined : token;
}

function mayRevoke({ decision }: HttpRequest, { caller, clientId }: VerifiedToken['identity']): boolean {
  if (decision['caller'] === caller) return true;
  const isClient = decision['caller']?.startsWith('client:') === true;
  return isClient && clientId !== NO_VALUE && decision['clientId'] === clientId;
}
