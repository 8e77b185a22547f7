import {
  enforceDecision,
  refusalResponse,
  withGatewayHeaders,
} from '../../runtime/contracts/decision-guard.ts';
import { type HttpRequest, type HttpResponse, readHttpRequest } from '../../runtime/http/lambda-http.ts';
import { revocationService } from './contract.ts';
import { logout } from './logout.ts';
import type { RevocationDependencies } from './ports.ts';
import { revokeToken } from './revoke-token.ts';

type Operation = (call: HttpRequest, dependencies: RevocationDependencies) => Promise<HttpResponse>;

const operations: ReadonlyMap<string, Operation> = new Map([
  ['POST /auth/revoke', revokeToken],
  ['POST /auth/logout', logout],
]);

/**
 * The function's handler: enforces the decision, then revokes. The limit-store call of every later decision
 * checks revocations, so they take effect on the next call, in every process. Only while the limit store is
 * unavailable, a route with `onLimitStoreFailure: open` may still serve revoked credentials.
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
