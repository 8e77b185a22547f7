import type { ServiceApp } from '../http/app.ts';
import { mayAccess } from '../http/caller.ts';
import { problem } from '../http/problem.ts';
import { representation } from '../http/representation.ts';
import type { PaymentStore } from './payment.ts';

/** Payments, each its payer's and the administrators'. Somebody else's payment is one that is not there. */
export function paymentRoutes(payments: PaymentStore): (app: ServiceApp) => void {
  return (app) => {
    app.get('/api/payments/:id', async (c) => {
      const payment = await payments.get(c.req.param('id'));
      return payment === null || !mayAccess(c.var.caller, payment.userId)
        ? problem(c, 404, `There is no payment ${c.req.param('id')} of yours.`)
        : representation(c, payment);
    });
  };
}
