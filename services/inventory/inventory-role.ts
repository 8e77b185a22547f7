import { deleteExpiredIdempotencyKeys } from '../platform/database/database-idempotency.ts';
import { createRecordEvent } from '../platform/outbox/outbox.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import type { Role, RolePorts } from '../platform/role.ts';
import type { Worker } from '../platform/worker.ts';
import { createInventory } from './create-inventory.ts';
import { inventoryRoutes } from './inventory-routes.ts';
import { orderReservationRoutes } from './order-reservation-routes.ts';
import { createStockHolds } from './stock-holds.ts';
import { deleteOldReservations, stockCopyName, stockTables } from './stock-store.ts';

/** The inventory service: stock in PostgreSQL, holds granted in the limit store, and the events about both. */
export async function inventoryRole(ports: RolePorts): Promise<Role> {
  const { log, wait, events, newId, nowMs } = ports;
  const database = await ports.database('inventory', stockTables);
  let relay: Worker | undefined;
  const onRecorded = () => relay?.wake();
  const holds = createStockHolds(ports.limitStore(), database, await stockCopyName(database));
  const inventory = createInventory({
    database,
    holds,
    recordEvent: createRecordEvent(ports),
    maxUnitsPerOwner: ports.maxUnitsPerOwner,
    nowMs,
    log,
    onRecorded,
  });

  return {
    addRoutes: (app) => {
      inventoryRoutes({ inventory, database, newId, onRecorded })(app);
      orderReservationRoutes(inventory)(app);
    },
    periodicTasks: [
      { everySeconds: 5, run: () => inventory.expireReservations() },
      {
        everySeconds: 3_600,
        run: async () => {
          await deleteOldReservations(database);
          await deleteExpiredIdempotencyKeys(database);
        },
      },
    ],
    checks: {
      database: () => database.query('select 1'),
      // A read of any product, also of one that does not exist, shows that the limit store responds.
      store: () => holds.level('-'),
    },
    start: () => {
      relay = startRelay(database, events, { wait, log });
      return [relay];
    },
  };
}
