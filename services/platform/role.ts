import type { EventLog } from '../../runtime/events/event-log.ts';
import type { Scripts } from '../../runtime/limit-store/script-runner.ts';
import type { Database } from './database/database.ts';
import type { ServiceApp } from './http/service-app.ts';
import type { CallService } from './http/service-client.ts';
import type { Log } from './log.ts';
import type { ManualInterventions } from './manual-intervention.ts';
import type { Worker } from './worker.ts';

/** Work that a role repeats on a schedule. */
export interface PeriodicTask {
  readonly everySeconds: number;
  readonly run: () => Promise<void>;
}

/** The parts of one role: its routes, its periodic tasks, and its background workers. */
export interface Role {
  readonly addRoutes: (app: ServiceApp) => void;
  readonly periodicTasks?: readonly PeriodicTask[];
  /** Dependencies that every request needs, by name: each check rejects while its dependency is unavailable. */
  readonly checks?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Starts the background workers, once the service listens. */
  readonly start?: () => readonly Pick<Worker, 'stop'>[];
}

/** Stripe, or a server with Stripe's API; `fake` is a stand-in inside the payment service. */
export type PaymentProviderSettings =
  | { readonly kind: 'stripe'; readonly baseUrl: string; readonly secretKey: string }
  | { readonly kind: 'fake' };

/** What a role gets from the process that runs it. */
export interface RolePorts {
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly service: string;
  readonly log: Log;
  /** Reports what the role cannot resolve itself; an alarm watches the metric. */
  readonly reportManualIntervention: ManualInterventions;
  /** Settles after this many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly events: EventLog;
  /**
   * Opens the service's schema, after applying these statements to it.
   *
   * @throws {Error} if no database is configured, or if it cannot be reached for a minute.
   */
  readonly database: (schema: string, tables: readonly string[]) => Promise<Database>;
  /**
   * Opens the limit store, which all services share.
   *
   * @throws {Error} if no limit store is configured.
   */
  readonly limitStore: () => Scripts;
  /** @throws {Error} if the environment variables have no URL for that service. */
  readonly call: (service: string, timeoutMs?: number) => CallService;
  /** Units of stock that one caller may hold at once. */
  readonly maxUnitsPerOwner: number;
  readonly paymentProvider: PaymentProviderSettings;
}
