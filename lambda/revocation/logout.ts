import type { HttpRequest, HttpResponse } from '../../runtime/http/lambda-http.ts';
import { revokeEverything } from '../../runtime/tokens/token-revocation.ts';
import { done, limitStoreUnavailable, problem } from './responses.ts';
import type { RevocationDependencies } from './revocation.ts';

/**
 * `POST /auth/logout`: every token of the caller that was issued until now is revoked, in all applications. A client
 * that calls with a key of its own has no session to end; its keys are the operators' to revoke.
 */
export async function logout(
  { decision }: HttpRequest,
  { policy, limitStore: store, now }: RevocationDependencies,
): Promise<HttpResponse> {
  const caller = decision['caller'] ?? '';
  if (!caller.startsWith('user:')) {
    return problem(403, 'Forbidden', 'Only a user can sign out. Send the token of one.');
  }
  const lifetimeSeconds = Math.max(...policy.issuers.map((issuer) => issuer.maxLifetimeSeconds));
  const answer = await store.take({ caller, checks: [revokeEverything(now() / 1_000, lifetimeSeconds)] });
  return answer.kind === 'answered' ? done(204) : limitStoreUnavailable;
}
