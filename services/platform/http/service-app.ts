import type { Context, Hono } from 'hono';
import type { Caller } from './caller.ts';

/** What a service's handlers find in the context. */
export interface ServiceEnv {
  Variables: { caller: Caller };
}
export type ServiceApp = Hono<ServiceEnv>;
export type ServiceContext = Context<ServiceEnv>;
