import { anonymous } from '../../../runtime/tokens/identity.ts';
import type { Verification } from '../../../runtime/tokens/verification.ts';
import type { Ports } from '../decision/ports.ts';
import type { PreparedPolicy } from '../decision/prepared-policy.ts';
import { readBearerToken } from './bearer-token.ts';
import { bareChallenge, invalidRequest, invalidToken } from './challenge.ts';
import { validateFields } from './credential-fields.ts';
import type { Identification, MatchedRequest } from './identification.ts';
import { identifyByApiKey } from './identify-by-api-key.ts';

/**
 * Identifies the caller by exactly one credential: a bearer token, an API key in `X-API-Key`, or a message
 * signature. A signature beside one of the others counts only when the route requires it, because some agents
 * sign everything that they send. An anonymous route reads no credential: its answers are shared between
 * callers, and a shopper with an expired token may still read the catalogue.
 *
 * @param now Milliseconds since the epoch.
 */
export function identify(
  call: MatchedRequest,
  policy: PreparedPolicy,
  ports: Ports,
  now: number,
): Identification | Promise<Identification> {
  const { request, route } = call;
  if (route.policy.access.kind === 'anonymous') return { kind: 'known', identity: anonymous };
  const fieldFault = validateFields(request);
  if (fieldFault !== undefined) return { kind: 'refused', reason: fieldFault, challenge: invalidRequest };
  const bearer = readBearerToken(request);
  const credentials = [bearer.kind !== 'none', request.apiKey !== '', route.policy.signature];
  if (credentials.filter(Boolean).length > 1) {
    return { kind: 'refused', reason: 'several-credentials', challenge: invalidRequest };
  }
  if (route.policy.signature) return identifySigned(call, ports, now);
  if (bearer.kind === 'faulty') {
    return { kind: 'refused', reason: bearer.reason, challenge: invalidRequest };
  }
  if (bearer.kind === 'token') return identifyByToken(bearer.token, policy, ports, now);
  if (request.apiKey !== '') return identifyByApiKey(call, policy.environment, ports, now);
  if ('signature-input' in request.headers) return identifySigned(call, ports, now);
  if (route.policy.access.kind === 'optional') return { kind: 'known', identity: anonymous };
  return { kind: 'refused', reason: 'no-credential', challenge: bareChallenge };
}

/** Loaded by the first signed call: most instances never get one, and start faster without it. */
async function identifySigned(call: MatchedRequest, ports: Ports, now: number): Promise<Identification> {
  const { identifyBySignature } = await import('../signature/identify-by-signature.ts');
  return identifyBySignature(call, ports, now);
}

function identifyByToken(
  token: string,
  policy: PreparedPolicy,
  { tokens }: Ports,
  now: number,
): Identification | Promise<Identification> {
  const verification = tokens.verify(token, policy, now);
  return verification instanceof Promise ? verification.then(identified) : identified(verification);
}

function identified(verification: Verification): Identification {
  if (verification.kind === 'verified') return { kind: 'known', identity: verification.token.identity };
  if (verification.kind === 'unavailable') return { kind: 'unavailable', reason: 'issuer-unavailable' };
  const { reason } = verification;
  return { kind: 'refused', reason: reason, challenge: invalidToken(reason) };
}
