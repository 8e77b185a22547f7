import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The gateway's id of the request that the current work belongs to; undefined in background work. It follows the work
 * through stores and transactions, which have no other reason to know the request.
 */
export const currentRequest = new AsyncLocalStorage<string>();
