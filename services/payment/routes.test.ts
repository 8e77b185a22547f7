import { expect, test } from 'vitest';
import { admin, alice, bob, createTestService } from '../testing.ts';

test('a payment is for its payer and for administrators; to others it is not there', async () => {
  const service = createTestService('payment');
  const answer = await service.get('/api/payments/payment-1001', alice);
  expect(await answer.json()).toMatchObject({ orderId: 'order-1001', amount: { amount: 99_900 } });
  expect((await service.get('/api/payments/payment-1001', admin)).status).toBe(200);
  expect((await service.get('/api/payments/payment-1001', bob)).status).toBe(404);
  expect((await service.get('/api/payments/payment-1001')).status).toBe(404);
  expect((await service.get('/api/payments/none', alice)).status).toBe(404);
});
