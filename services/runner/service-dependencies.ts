import type { EventLogDependencies } from '../../runtime/events/open-event-log.ts';
import type { Settings } from './settings.ts';

/** What a service needs from its process; `process-dependencies.ts` has the real ones. */
export interface ServiceDependencies {
  readonly settings: Settings;
  readonly writeLine: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Credentials that sign calls to MSK and to the limit store; read only where they use IAM. */
  readonly awsCredentials: NonNullable<EventLogDependencies['credentials']>;
  /** Settles after this many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Starts to answer requests. Rejects if the port is not available; later socket errors go to `onError`. */
  readonly listen: (answer: Answer, port: number, onError: (error: Error) => void) => Promise<Listener>;
  /** Settles with the reason when the process receives a signal to stop. */
  readonly stopRequested: Promise<string>;
}

export type Answer = (request: Request) => Response | Promise<Response>;

export interface Listener {
  readonly port: number;
  /** Accepts no further requests; settles when those in flight are answered. */
  readonly stop: () => Promise<void>;
}
