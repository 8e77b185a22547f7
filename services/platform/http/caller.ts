import { NO_VALUE, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';

/**
 * Who calls, as the gateway says it. Nothing else is asked: the gateway strips these headers from what it receives
 * and overwrites them, while `X-Forwarded-For` and its like are the caller's own claims.
 */
export interface Caller {
  readonly requestId: string;
  readonly userId: string | null;
  readonly userEmail: string | null;
  readonly clientId: string | null;
  readonly isAdmin: boolean;
}

/** Reads the gateway's headers; the contract's word for "not there" is null here. */
export function callerOf(headers: Headers): Caller {
  const value = (name: string): string | null => {
    const given = headers.get(name);
    return given === null || given === '' || given === NO_VALUE ? null : given;
  };
  return {
    requestId: value(requestHeaders.requestId) ?? NO_VALUE,
    userId: value(requestHeaders.userId),
    userEmail: value(requestHeaders.userEmail),
    clientId: value(requestHeaders.clientId),
    isAdmin: value(requestHeaders.userRole) === 'admin',
  };
}

/** What belongs to a user is for that user, and for the role `admin`. */
export function mayAccess(caller: Caller, ownerId: string): boolean {
  return caller.isAdmin || (caller.userId !== null && caller.userId === ownerId);
}
