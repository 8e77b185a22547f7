import { expect, test } from 'vitest';
import { testServices } from '../testing/services.ts';

const createTestService = testServices();

const service = createTestService('carrier');

test('rates by country and kilograms begun, express at twice the price', async () => {
  const answer = await service.get('/api/shipping/rates?country=DE&weight=1001');
  expect(await answer.json()).toEqual({
    country: 'DE',
    weightGrams: 1001,
    rates: [
      { service: 'standard', price: { amount: 1_130, currency: 'EUR' }, days: { min: 2, max: 4 } },
      { service: 'express', price: { amount: 2_260, currency: 'EUR' }, days: { min: 1, max: 2 } },
    ],
  });
});

test.each([
  'country=DE',
  'weight=100',
  'country=de&weight=100',
  'country=DE&weight=0',
  'country=DE&weight=31501',
  'country=DE&weight=100&speed=1',
])('a query of %s is a 422', async (query) => {
  expect((await service.get(`/api/shipping/rates?${query}`)).status).toBe(422);
});

test('a country without delivery is a 404', async () => {
  expect((await service.get('/api/shipping/rates?country=AQ&weight=100')).status).toBe(404);
});
