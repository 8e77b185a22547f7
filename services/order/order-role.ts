import { deleteExpiredIdempotencyKeys } from '../platform/database/database-idempotency.ts';
import { consumeForever } from '../platform/outbox/consumer.ts';
import { deleteOldInboxEntries } from '../platform/outbox/inbox.ts';
import { createRecordEvent } from '../platform/outbox/outbox.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import type { Role, RolePorts } from '../platform/role.ts';
import { startWorker, type Worker } from '../platform/worker.ts';
import { seedOrders } from '../seed/customers.ts';
import { paymentsOf, pricesOf, stockOf } from './downstreams.ts';
import { orderRoutes } from './order-routes.ts';
import { insertOrder, orderTables } from './order-store.ts';
import { handlePaymentEvent, takeDueSteps } from './saga-steps.ts';

/** Longer than the payment service waits for the provider. No user waits for a saga. */
export const paymentTimeoutMs = 10_000;

/** The order service: orders in PostgreSQL, their sagas and their events. */
export async function orderRole(ports: RolePorts): Promise<Role> {
  const { log, wait, events, nowMs } = ports;
  const database = await ports.database('orders', orderTables);
  for (const order of seedOrders) await insertOrder(database, order, false);
  const recordEvent = createRecordEvent(ports);
  const saga = {
    database,
    recordEvent,
    log,
    reportManualIntervention: ports.reportManualIntervention,
    stock: stockOf(ports.call('inventory')),
    payments: paymentsOf(ports.call('payment', paymentTimeoutMs)),
  };
  let workers: readonly Worker[] = [];
  const wakeAll = () => {
    for (const worker of workers) worker.wake();
  };

  return {
    addRoutes: orderRoutes({
      database,
      priceOf: pricesOf(ports.call('product')),
      recordEvent,
      newId: ports.newId,
      time: () => new Date(nowMs()),
      onPlaced: wakeAll,
    }),
    periodicTasks: [
      {
        everySeconds: 3_600,
        run: async () => {
          await deleteOldInboxEntries(database);
          await deleteExpiredIdempotencyKeys(database);
        },
      },
    ],
    checks: { database: () => database.query('select 1') },
    start: () => {
      const relay = startRelay(database, events, { wait, log });
      const steps = startWorker({
        name: 'order saga',
        run: async () => {
          const taken = await takeDueSteps(saga);
          if (taken > 0) relay.wake();
          return taken;
        },
        wait,
        log,
      });
      workers = [relay, steps];
      const consumer = consumeForever(database, events, {
        group: ports.service,
        topics: ['orders.payment_succeeded', 'orders.payment_failed'],
        handle: (transaction, event) => handlePaymentEvent(transaction, event, saga),
        onProcessed: wakeAll,
        wait,
        log,
        reportManualIntervention: ports.reportManualIntervention,
      });
      return [consumer, steps, relay];
    },
  };
}
