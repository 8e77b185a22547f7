import { NO_VALUE, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';

/**
 * The caller of a request, from the headers that the gateway sets. The gateway overwrites these headers in every request,
 * so they can be trusted. Other headers, such as `X-Forwarded-For`, can be set by the caller.
 */
export interface Caller {
  readonly requestId: string;
  readonly userId: string | null;
  readonly userEmail: string | null;
  readonly clientId: string | null;
  readonly isAdmin: boolean;
}

/** Reads the caller from the gateway's headers. An absent or empty value, and `NO_VALUE`, is null. */
export function callerOf(headers: Headers): Caller {
  const value = (name: string): string | null => {
    const text = headers.get(name);
    return text === null || text === '' || text === NO_VALUE ? null : text;
  };
  return {
    requestId: value(requestHeaders.requestId) ?? NO_VALUE,
    userId: value(requestHeaders.userId),
    userEmail: value(requestHeaders.userEmail),
    clientId: value(requestHeaders.clientId),
    isAdmin: value(requestHeaders.userRole) === 'admin',
  };
}

/** Whether the caller may access the data of a user: the user itself, and the role `admin`. */
export function mayAccess(caller: Caller, ownerId: string): boolean {
  return caller.isAdmin || (caller.userId !== null && caller.userId === ownerId);
}
