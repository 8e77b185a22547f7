import type { Context, Hono } from 'hono';
import type { Caller } from './caller.ts';

/** The variables in the context of a service's handlers. */
export interface ServiceEnv {
  Variables: { caller: Caller };
}
export type ServiceApp = Hono<ServiceEnv>;
export type ServiceContext = Context<ServiceEnv>;
