import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';
import { revokeToken as revocationOf } from '../../runtime/tokens/token-revocation.ts';
import type { VerifiedToken } from '../../runtime/tokens/token-verifier.ts';
import { done, limitStoreUnavailable, oauthError, problem } from './responses.ts';
import type { RevocationDependencies } from './revocation.ts';

/**
 * `POST /auth/revoke` (RFC 7009). Who calls has proved it to the authorizer: a client by its API key, for any token that
 * was issued to it; or a user by a token, for any of that user's own, the one that it sends among them. A token that is
 * none, or no longer good, needs no revocation and gets the same 200; the hint about its type is not needed. API keys
 * are the operators' to revoke.
 */
export async function revokeToken(
  call: HttpRequest,
  { policy, tokens, limitStore: store, now }: RevocationDependencies,
): Promise<HttpResponse> {
  const token = tokenOf(call);
  if (token === undefined) {
    return oauthError('invalid_request', 'Send the one token as a form: token=...');
  }
  if (token.startsWith('gh_')) {
    return oauthError('unsupported_token_type', 'API keys are revoked by the operators.');
  }
  const verification = await tokens.verify(token, policy, now());
  if (verification.kind === 'unavailable') return issuerUnavailable;
  if (verification.kind === 'refused') return done(200);
  const { identity, tokenId, expiresAtSeconds } = verification.token;
  if (!mayRevoke(call, identity)) {
    return oauthError('unauthorized_client', 'The token belongs to somebody else.');
  }
  const { clockToleranceSeconds } = verification.token;
  const revoke = revocationOf(tokenId, expiresAtSeconds, now() / 1_000, clockToleranceSeconds);
  const answer = await store.take({ caller: identity.caller, checks: [revoke] });
  return answer.kind === 'answered' ? done(200) : limitStoreUnavailable;
}

const issuerUnavailable = problem(
  503,
  'Service Unavailable',
  "Nothing was revoked, since the token's issuer does not answer. Try again after the seconds in Retry-After.",
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
