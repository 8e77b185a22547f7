import { expect, test } from 'vitest';
import { testServices } from '../testing/services.ts';

const createTestService = testServices();

const service = createTestService('carrier');

test('computes rates by country and started kilograms, with express at twice the price', async () => {
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
])('refuses the query %s with 422', async (query) => {
  expect((await service.get(`/api/shipping/rates?${query}`)).status).toBe(422);
});

test('answers 404 for a country without delivery', async () => {
  expect((await service.get('/api/shipping/rates?country=AQ&weight=100')).status).toBe(404);
});
