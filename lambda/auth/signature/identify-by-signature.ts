import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { Reason } from '../decision/decision.ts';
import type { GatewayRequest } from '../decision/gateway-request.ts';
import type { Ports } from '../decision/ports.ts';
import { signatureChallenge } from '../identity/challenge.ts';
import { live } from '../identity/client-directory.ts';
import { admitCredential } from '../identity/client-identity.ts';
import type { Identification, MatchedRequest } from '../identity/identification.ts';
import {
  defaultSignatureTimes,
  nonceLifetimeSeconds,
  readMessageSignature,
  verifySignature,
} from './message-signature.ts';
import type { SignedMessage } from './signature-base.ts';

/**
 * Identifies the signer of the call (RFC 9421). Its nonce is spent by the limit-store call, once everything
 * else has admitted it, and its body is compared with `contentDigest` by whoever reads the body.
 *
 * @param now Milliseconds since the epoch.
 */
export async function identifyBySignature(
  { request, address }: MatchedRequest,
  { directory }: Ports,
  now: number,
): Promise<Identification> {
  const reading = readMessageSignature(signedMessage(request), now);
  if (reading.kind === 'refused') return refused(reading.reason);
  const answer = await directory.find(reading.claim.keyId);
  if (answer.kind === 'unavailable') return { kind: 'unavailable', reason: 'client-directory-unavailable' };
  if (answer.kind === 'unknown' || answer.credential.kind !== 'signature') return refused('unknown-key');

  const verification = verifySignature(reading.claim, live(answer.credential.keys, now));
  if (verification.kind === 'refused') return refused(verification.reason);
  const admitted = admitCredential(answer.credential, { address, now, challenge: signatureChallenge });
  if (admitted.kind !== 'known') return admitted;
  const { identity } = admitted;
  const { keyId, nonce, contentDigest = NO_VALUE } = verification;
  const lifetimeSeconds = nonceLifetimeSeconds(defaultSignatureTimes);
  const checks = [...identity.checks, { kind: 'nonce', name: `${keyId}:${nonce}`, lifetimeSeconds } as const];
  return { kind: 'known', identity: { ...identity, checks, contentDigest } };
}

/**
 * The request as the edge received it. The path comes from the edge, because the API decodes paths and the
 * edge may have added a version; the scheme is the only one that the edge serves.
 */
function signedMessage({ method, target, query, headers }: GatewayRequest): SignedMessage {
  const slash = target.indexOf('/');
  const authority = slash < 0 ? target : target.slice(0, slash);
  return {
    method,
    scheme: 'https',
    authority,
    path: slash < 0 ? '/' : target.slice(slash),
    query: query === '' ? undefined : query,
    // The `host` header that the API sees is its own name.
    headers: { ...headers, host: authority },
  };
}

function refused(reason: Reason): Identification {
  return { kind: 'refused', reason, challenge: signatureChallenge };
}
