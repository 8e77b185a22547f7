import { consumeAlways } from '../outbox/consumer.ts';
import { forgetOld } from '../outbox/inbox.ts';
import { createRecordEvent } from '../outbox/outbox.ts';
import { startRelay } from '../outbox/relay.ts';
import type { Role, RolePorts } from '../role.ts';
import { seedPayments } from '../seed/customers.ts';
import { fakeStripe } from './fake-stripe.ts';
import { insertPayment, paymentTables } from './payment-store.ts';
import { handleWebhook } from './payments.ts';
import { paymentRoutes } from './routes.ts';
import { createStripeProvider } from './stripe-provider.ts';

/** Payments in PostgreSQL, settled by the provider's webhooks, and what orders learn of them. */
export async function paymentRole(ports: RolePorts): Promise<Role> {
  const { log, wait, events, nowMs, newId } = ports;
  const database = await ports.database('payments', paymentTables);
  for (const payment of seedPayments) await insertPayment(database, payment);
  const recordEvent = createRecordEvent(ports);
  const provider =
    ports.paymentProvider.kind === 'stripe'
      ? createStripeProvider({ ...ports.paymentProvider, send: fetch })
      : createStripeProvider({
          baseUrl: 'http://fake-stripe',
          secretKey: 'none',
          send: fakeStripe(database, newId),
        });

  return {
    addRoutes: paymentRoutes({ database, provider, recordEvent, newId, nowMs }),
    chores: [{ everySeconds: 3_600, run: () => forgetOld(database) }],
    checks: { database: () => database.query('select 1') },
    start: () => {
      const relay = startRelay(database, events, { wait, log });
      const consumer = consumeAlways(database, events, {
        group: ports.service,
        topics: ['payments.webhook'],
        handle: (transaction, event) => handleWebhook(transaction, event, recordEvent),
        onProcessed: () => relay.wake(),
        wait,
        log,
      });
      return [consumer, relay];
    },
  };
}
