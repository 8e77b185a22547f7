import {
  enforceDecision,
  refusalResponse,
  withGatewayHeaders,
} from '../../runtime/contracts/decision-guard.ts';
import type { TokenPolicy } from '../../runtime/contracts/gateway-contract.ts';
import { type HttpRequest, type HttpResponse, readHttpRequest } from '../../runtime/http/lambda-http.ts';
import type { LimitStore } from '../../runtime/limit-store/limit-store.ts';
import type { TokenVerifier } from '../../runtime/tokens/token-verifier.ts';
import { revocationService } from './contract.ts';
import { logout } from './logout.ts';
import { revokeToken } from './revoke-token.ts';

export interface RevocationDependencies {
  /** Whose tokens there are. */
  readonly policy: TokenPolicy;
  readonly tokens: TokenVerifier;
  readonly limitStore: LimitStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Operation = (call: HttpRequest, dependencies: RevocationDependencies) => Promise<HttpResponse>;

const operations: ReadonlyMap<string, Operation> = new Map([
  ['POST /auth/revoke', revokeToken],
  ['POST /auth/logout', logout],
]);

/**
 * The function's handler: enforces the decision, then revokes. What it writes is asked for in the store call of every
 * later decision, so it counts from the next call on, in every process. Only while the store is away may a route that
 * is `onLimitStoreFailure: open` still serve what was revoked.
 */
export function createRevocation(dependencies: RevocationDependencies) {
  return async (event: unknown): Promise<HttpResponse> => {
    const call = readHttpRequest(event);
    const refusal = enforceDecision(call, revocationService);
    if (refusal !== undefined) return refusal;
    const operation = operations.get(call.routeKey);
    if (operation === undefined) return refusalResponse(call, 'forbidden');
    return withGatewayHeaders(call, await operation(call, dependencies));
  };
}
