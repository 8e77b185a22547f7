import { deleteExpiredIdempotencyKeys } from '../platform/database/database-idempotency.ts';
import { type ConsumerOptions, consumeForever, retryEarlyRecord } from '../platform/outbox/consumer.ts';
import { deleteOldInboxEntries } from '../platform/outbox/inbox.ts';
import { createRecordEvent } from '../platform/outbox/outbox.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import type { Role, RolePorts } from '../platform/role.ts';
import { startWorker } from '../platform/worker.ts';
import { seedPayments } from '../seed/customers.ts';
import { fakeStripe } from './fake-stripe.ts';
import { paymentRoutes } from './payment-routes.ts';
import { insertPayment, paymentTables } from './payment-store.ts';
import { handleWebhook } from './payments.ts';
import { createStripeProvider } from './stripe-provider.ts';

/** The payment service: payments in PostgreSQL, updated by the provider's webhooks, and the events about them. */
export async function paymentRole(ports: RolePorts): Promise<Role> {
  const { log, wait, events, nowMs, newId } = ports;
  const database = await ports.database('payments', paymentTables);
  for (const payment of seedPayments) await insertPayment(database, payment);
  const recordEvent = createRecordEvent(ports);
  const livemode = takesRealMoney(ports.paymentProvider);
  const provider =
    ports.paymentProvider.kind === 'stripe'
      ? createStripeProvider({ ...ports.paymentProvider, send: fetch })
      : createStripeProvider({
          baseUrl: 'http://fake-stripe',
          secretKey: 'none',
          send: fakeStripe(database, newId),
        });

  return {
    addRoutes: paymentRoutes({
      database,
      provider,
      recordEvent,
      reportManualIntervention: ports.reportManualIntervention,
      newId,
      nowMs,
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
      const handling: Pick<ConsumerOptions, 'handle' | 'log' | 'reportManualIntervention'> = {
        handle: (transaction, event) => handleWebhook(transaction, event, { recordEvent, livemode }),
        log,
        reportManualIntervention: ports.reportManualIntervention,
      };
      const consumer = consumeForever(database, events, {
        ...handling,
        group: ports.service,
        topics: ['payments.webhook'],
        onProcessed: () => relay.wake(),
        wait,
      });
      const early = startWorker({
        name: 'retry of early webhooks',
        run: async () => {
          const tried = await retryEarlyRecord(database, handling);
          if (tried > 0) relay.wake();
          return tried;
        },
        wait,
        log,
      });
      return [consumer, early, relay];
    },
  };
}

/** Whether the secret key is a live key (https://docs.stripe.com/keys). The stand-in takes no money. */
function takesRealMoney(provider: RolePorts['paymentProvider']): boolean {
  return provider.kind === 'stripe' && /^(?:sk|rk)_live_/.test(provider.secretKey);
}
