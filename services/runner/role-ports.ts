import type { EventLog } from '../../runtime/events/event-log.ts';
import { createCallService } from '../platform/http/service-client.ts';
import { openLimitStore } from '../platform/limit-store/open-limit-store.ts';
import type { Log } from '../platform/log.ts';
import { createManualInterventions } from '../platform/manual-intervention.ts';
import type { RolePorts } from '../platform/role.ts';
import type { Tracing } from '../platform/tracing/tracing.ts';
import { openRoleDatabase } from './role-database.ts';
import type { ServiceDependencies } from './service-dependencies.ts';

/** What the process opened before its role. */
export interface ProcessResources {
  readonly log: Log;
  readonly tracing: Tracing;
  readonly events: EventLog;
  /** Aborts when the task stops. */
  readonly signal: AbortSignal;
  readonly onPasswordRefused: () => void;
  /** Called when the task stops. */
  readonly onClose: (close: () => unknown) => void;
}

/** The ports of one task's role. Databases, the limit store and clients are opened when the role requests them. */
export function createRolePorts(dependencies: ServiceDependencies, resources: ProcessResources): RolePorts {
  const { settings, writeLine, nowMs, newId, wait, monotonicMs, awsCredentials } = dependencies;
  const { log, tracing, events, onClose } = resources;
  const service = settings.serviceName;
  return {
    nowMs,
    newId,
    service,
    log,
    reportManualIntervention: createManualInterventions({
      environment: settings.environment,
      service,
      log,
      writeLine,
      nowMs,
    }),
    wait,
    events,
    database: (schema, tables) => openRoleDatabase({ ...resources, settings, wait }, schema, tables),
    limitStore: () => {
      if (settings.limitStore === null) {
        throw new Error('Set LIMIT_STORE_URL: the role uses the limit store.');
      }
      const limitStore = openLimitStore(settings.limitStore, {
        log,
        nowMs,
        monotonicMs,
        credentials: awsCredentials,
      });
      onClose(() => limitStore.close());
      return limitStore;
    },
    call: (name, timeoutMs) => {
      const url = settings.serviceUrls[name];
      if (url === undefined) throw new Error(`Set ${name.toUpperCase()}_URL: the service calls ${name}.`);
      return createCallService(url, tracing.traced(name, fetch), timeoutMs);
    },
    maxUnitsPerOwner: settings.maxUnitsPerOwner,
    paymentProvider: settings.paymentProvider,
  };
}
