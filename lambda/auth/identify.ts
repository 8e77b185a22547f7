import { readBearerToken } from './bearer-token.ts';
import { bareChallenge, invalidRequest, invalidToken } from './challenge.ts';
import type { Reason } from './decision.ts';
import { anonymous, type Identity } from './identity.ts';
import type { PreparedPolicy, PreparedRoute } from './prepared-policy.ts';
import type { GatewayRequest } from './request.ts';
import type { TokenVerifier } from './token-verifier.ts';

export type Identification =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly challenge: string }
  | { readonly kind: 'unavailable'; readonly reason: Reason };

/**
 * Who calls. An anonymous route looks at no credential: its answers are shared between callers, and a shopper with an
 * expired token may still read the catalogue.
 *
 * @param now Milliseconds since the epoch.
 */
export async function identify(
  request: GatewayRequest,
  route: PreparedRoute,
  policy: PreparedPolicy,
  tokens: TokenVerifier,
  now: number,
): Promise<Identification> {
  if (route.policy.access.kind === 'anonymous') return { kind: 'known', identity: anonymous };
  const bearer = readBearerToken(request);
  const mayBeAnybody = route.policy.access.kind === 'optional';
  if (bearer.kind === 'none' && mayBeAnybody) return { kind: 'known', identity: anonymous };
  if (bearer.kind === 'none') return { kind: 'refused', reason: 'no-token', challenge: bareChallenge };
  if (bearer.kind === 'faulty') return { kind: 'refused', reason: bearer.because, challenge: invalidRequest };

  const verification = await tokens.verify(bearer.token, policy, now);
  if (verification.kind === 'verified') return { kind: 'known', identity: verification.token.identity };
  if (verification.kind === 'unavailable') return { kind: 'unavailable', reason: 'issuer-away' };
  const { because } = verification;
  return { kind: 'refused', reason: because, challenge: invalidToken(because) };
}
