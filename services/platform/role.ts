import type { EventLog } from '../../runtime/events/event-log.ts';
import type { Scripts } from '../../runtime/limit-store/script-runner.ts';
import type { Database } from './database/database.ts';
import type { ServiceApp } from './http/app.ts';
import type { CallService } from './http/service-client.ts';
import type { Log } from './log.ts';
import type { ManualInterventions } from './manual-intervention.ts';
import type { PaymentProviderSettings } from './settings.ts';
import type { Worker } from './worker.ts';

/** Seen to now and then. */
export interface PeriodicTask {
  readonly everySeconds: number;
  readonly run: () => Promise<void>;
}

/** What a role does: its routes, what it sees to now and then, and what goes on beside its calls. */
export interface Role {
  readonly addRoutes: (app: ServiceApp) => void;
  readonly periodicTasks?: readonly PeriodicTask[];
  /** What no call can do without, by name: each rejects while it is away. */
  readonly checks?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Begins the work beside the calls, once the service listens. */
  readonly start?: () => readonly Pick<Worker, 'stop'>[];
}

/** What roles are made of. */
export interface RolePorts {
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly service: string;
  readonly log: Log;
  /** What the role cannot settle and a person has to. */
  readonly reportManualIntervention: ManualInterventions;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly events: EventLog;
  /**
   * The service's own schema, brought to the state of these statements.
   *
   * @throws {Error} if the environment names no database, or it cannot be reached for a minute.
   */
  readonly database: (schema: string, tables: readonly string[]) => Promise<Database>;
  /**
   * The store that all services share.
   *
   * @throws {Error} if the environment names none.
   */
  readonly limitStore: () => Scripts;
  /** @throws {Error} if the environment does not say where that service is. */
  readonly call: (service: string, timeoutMs?: number) => CallService;
  /** Units of stock that one caller may hold at once. */
  readonly maxUnitsPerOwner: number;
  readonly paymentProvider: PaymentProviderSettings;
}
