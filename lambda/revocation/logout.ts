import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';
import { revokeEverything } from '../../runtime/tokens/token-revocation.ts';
import type { RevocationDependencies } from './ports.ts';
import { done, limitStoreUnavailable, problem } from './responses.ts';

/**
 * `POST /auth/logout`: revokes every token of the caller that was issued until now, in all applications. A
 * client that calls with its own key has no session to end; operators revoke its keys.
 */
export async function logout(
  { decision }: HttpRequest,
  { policy, limitStore, now }: RevocationDependencies,
): Promise<HttpResponse> {
  const caller = decision['caller'] ?? '';
  if (!caller.startsWith('user:')) {
    return problem(403, 'Forbidden', "Only a user can sign out. Send a user's token.");
  }
  const lifetimeSeconds = Math.max(...policy.issuers.map((issuer) => issuer.maxLifetimeSeconds));
  const answer = await limitStore.take({
    caller,
    checks: [revokeEverything(now() / 1_000, lifetimeSeconds)],
  });
  return answer.kind === 'answered' ? done(204) : limitStoreUnavailable;
}
