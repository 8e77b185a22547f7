import type { Revoke } from '../../runtime/limit-store/limit-store.ts';
import {
  revokeClient,
  revokeEverything,
  revokeKey,
  revokeToken,
} from '../../runtime/tokens/token-revocation.ts';
import type { RevocationRequest, RevocationResult } from './contract.ts';
import type { RevocationDependencies } from './ports.ts';
import { createRevocation } from './revocation.ts';

/** Longer than any process caches the directory's answer about a key. */
const keySeconds = 3_600;

/**
 * The function's handler: revokes for callers of its routes, and for operators. An order is the top-level
 * member `revoke` of the event. API Gateway lets callers set nothing at the top level, so only principals
 * that may invoke the function can send one.
 */
export function createFunction(dependencies: RevocationDependencies) {
  const serve = createRevocation(dependencies);
  return async (event: unknown): Promise<unknown> => {
    if (typeof event !== 'object' || event === null || !Object.hasOwn(event, 'revoke'))
      return await serve(event);
    return await carryOut((event as { readonly revoke: RevocationRequest }).revoke, dependencies);
  };
}

async function carryOut(
  order: RevocationRequest,
  { policy, limitStore, now }: RevocationDependencies,
): Promise<RevocationResult> {
  const nowSeconds = now() / 1_000;
  const lifetimeSeconds = Math.max(...policy.issuers.map((issuer) => issuer.maxLifetimeSeconds));
  const answer = await limitStore.take({
    caller: order.caller,
    checks: [checkOf(order, nowSeconds, lifetimeSeconds)],
  });
  return answer.kind === 'answered' ? { revoked: true } : { revoked: false, reason: answer.reason };
}

function checkOf(order: RevocationRequest, nowSeconds: number, lifetimeSeconds: number): Revoke {
  switch (order.kind) {
    case 'everything':
      return revokeEverything(nowSeconds, lifetimeSeconds);
    case 'application':
      return revokeClient(order.name, nowSeconds, lifetimeSeconds);
    case 'token':
      return revokeToken(order.name, nowSeconds + lifetimeSeconds, nowSeconds, 0);
    default:
      return revokeKey(order.name, nowSeconds, keySeconds);
  }
}
